//! Places in the source of a kernel, and the numbers of its files.

use std::panic::Location;

use super::panic_hook::intern_static;
use crate::model::{FileId, Place, Site};

/// A place in the source of a kernel, as the compiler names it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct StaticSite {
    /// The file; empty if no source line made it.
    pub(crate) file: &'static str,
    /// The line, from 1.
    pub(crate) line: u32,
    /// The column, from 1.
    pub(crate) column: u32,
}

impl StaticSite {
    /// No place.
    pub(crate) const NONE: Self = Self {
        file: "",
        line: 0,
        column: 0,
    };

    /// Returns it with a text of its own.
    pub(crate) fn place(&self) -> Place {
        Place {
            file: self.file.to_owned(),
            line: self.line,
            column: self.column,
        }
    }
}

impl From<&'static Location<'static>> for StaticSite {
    fn from(location: &'static Location<'static>) -> Self {
        Self {
            file: location.file(),
            line: location.line(),
            column: location.column(),
        }
    }
}

/// The files of a kernel, numbered from 1 in the order in which they are met.
#[derive(Default)]
pub(crate) struct Files(Vec<&'static str>);

impl Files {
    /// Returns a place with the number of its file.
    pub(crate) fn site(&mut self, site: StaticSite) -> Site {
        Site {
            file: self.number(site.file),
            line: site.line,
            column: site.column,
        }
    }

    /// Returns a place of another run of the same code.
    pub(crate) fn site_of(&mut self, place: &Place) -> Site {
        self.site(StaticSite {
            file: intern_static(&place.file),
            line: place.line,
            column: place.column,
        })
    }

    fn number(&mut self, file: &'static str) -> FileId {
        if file.is_empty() {
            return FileId::NONE;
        }
        let known = self.0.iter().position(|known| *known == file);
        FileId::from_index(
            1 + known.unwrap_or_else(|| {
                self.0.push(file);
                self.0.len() - 1
            }),
        )
    }

    /// Returns the name of a file; empty for [`FileId::NONE`].
    pub(crate) fn name(&self, id: FileId) -> &'static str {
        id.index().checked_sub(1).map_or("", |index| self.0[index])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_number_and_its_name_again() {
        let mut files = Files::default();
        assert_eq!(files.site(StaticSite::NONE), Site::NONE);
        let place = |file: &str| Place {
            file: file.to_owned(),
            line: 3,
            column: 5,
        };
        let (one, other) = (files.site_of(&place("a.rs")), files.site_of(&place("b.rs")));
        assert_ne!(one.file, other.file);
        assert_eq!(files.site_of(&place("a.rs")), one);
        assert_eq!((one.line, one.column), (3, 5));
        let names = [FileId::NONE, one.file, other.file].map(|id| files.name(id));
        assert_eq!(names, ["", "a.rs", "b.rs"]);
    }
}
