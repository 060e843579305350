//! What the text renderings share: the [`Look`], lines of coloured pieces, fitting into a width,
//! and the sentences that are the same everywhere.

mod layout;
mod phrases;
mod style;

pub use self::layout::wrap;
pub(super) use self::layout::{fit, fit_coloured, under, visible_coloured, width, without_colour};
pub use self::phrases::{headline, summary, chain};
pub(super) use self::phrases::{steps, facts, line_of, base_name, has_drops, DROP_LEGEND, seen_legend, IMAGINED_LEGEND, kinds_of_ways, ways_text, edge_text, waited_for, closing, way_noun, standing_text};
pub use self::style::Look;
pub(super) use self::style::{Line, Role};
