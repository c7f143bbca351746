//! What a table of files shows.

use egui::Rect;

use crate::app::{Model, Pane, Row, Side};

/// Room at both sides of a cell's text.
pub(crate) const CELL: f32 = 8.0;

/// What is drawn, and how wide.
pub(crate) struct Shown<'a> {
    pub(crate) side: Side,
    pub(crate) model: &'a Model,
    pub(crate) pane: &'a Pane,
    pub(crate) widths: [f32; 6],
}

/// The row that the pointer is over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Under {
    pub(crate) row: Row,
    pub(crate) rect: Rect,
}
