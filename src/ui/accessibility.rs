//! What screen readers are told.

/// Place on the window, as the accessibility tree has it, in points.
pub(super) fn bounds(rect: egui::Rect) -> egui::accesskit::Rect {
    egui::accesskit::Rect { x0: rect.min.x.into(), y0: rect.min.y.into(), x1: rect.max.x.into(), y1: rect.max.y.into() }
}
