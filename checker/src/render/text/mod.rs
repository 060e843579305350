//! Shared code of the text renderings: the [`Look`], lines of coloured pieces, fitting into a
//! width, and common sentences.

mod layout;
mod phrases;
mod style;

pub use self::layout::wrap;
pub(super) use self::layout::{fit, fit_coloured, under, visible_coloured, width, without_colour};
pub(super) use self::phrases::{
    DROP_LEGEND, IMAGINED_LEGEND, NIL_LEGEND, base_name, closing, edge_text, facts, has_drops,
    has_nil_cases, how_often, kinds_of_ways, line_of, seen_legend, standing_text, steps,
    waited_for, way_noun, ways_text,
};
pub use self::phrases::{chain, ends_in, headline, summary};
pub use self::style::Look;
pub(super) use self::style::{Line, Role};
