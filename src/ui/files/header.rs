//! The header of a pane's table: sorts on a click, and its lines move columns.

use egui::accesskit::Role;
use egui::{Align2, CursorIcon, FontId, Id, Rect, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use crate::app::action::Memory;
use crate::app::{Action, Actions, Column, Model, PaneAction, Side};
use crate::ui::files::shown::{CELL, Shown};
use crate::ui::{icons, theme, toolbar, words};

/// The narrowest a column can be made.
const LEAST: f32 = 44.0;
/// And the widest.
const MOST: f32 = 800.0;

/// What the header knows beside the model.
#[derive(Default)]
pub(crate) struct TableHeader {
    /// The column being resized: which, its width when the drag began, and whether it grows to the left.
    resizing: Option<(usize, f32, bool)>,
}

/// The columns' widths on the screen: the name takes what the others leave.
pub(crate) fn widths(model: &Model, side: Side, available: f32) -> [f32; 6] {
    let mut widths = columns(model, side).map(|width| width.max(LEAST));
    let others: f32 = widths[1..].iter().sum();
    widths[0] = widths[0].max(available - others);
    widths
}

fn columns(model: &Model, side: Side) -> [f32; 6] {
    match side {
        Side::Local => model.settings.window.local_columns,
        Side::Remote => model.settings.window.remote_columns,
    }
}

impl TableHeader {
    /// Draws it; `scrolled` = how far the rows are to the left.
    pub(crate) fn show(&mut self, ui: &Ui, place: Rect, scrolled: f32, shown: &Shown<'_>, actions: &mut Actions) {
        let palette = theme::palette(ui);
        ui.painter().rect_filled(place, 0.0, palette.base);
        ui.painter().hline(place.x_range(), place.bottom() - 0.5, Stroke::new(1.0, palette.line));
        let mut x = place.left() - scrolled;
        for (column, width) in Column::ALL.into_iter().zip(shown.widths) {
            let cell = Rect::from_min_size(pos2(x, place.top()), vec2(width, place.height()));
            x += width;
            title(ui, place, cell, column, shown, actions);
        }
        self.lines(ui, place, scrolled, shown, actions);
    }

    /// The lines between the cells. The name takes what is left: a line moves the column on its right, or, where nothing
    /// is left, the one on its left.
    fn lines(&mut self, ui: &Ui, place: Rect, scrolled: f32, shown: &Shown<'_>, actions: &mut Actions) {
        let palette = theme::palette(ui);
        let own = columns(shown.model, shown.side);
        let slack = shown.widths[0] > own[0] + 0.5;
        let mut x = place.left() - scrolled;
        for at in 1..own.len() {
            x += shown.widths[at - 1];
            if !place.x_range().contains(x) {
                continue;
            }
            let grip = Rect::from_center_size(pos2(x, place.center().y), vec2(8.0, place.height()));
            let id = Id::unique(("resize", shown.side, at));
            let response = ui.interact(grip, id, Sense::DRAG).on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
            let (colour, inset) =
                if response.hovered() || response.dragged() { (palette.accent, 0.0) } else { (palette.line, 5.0) };
            let line = place.shrink2(vec2(0.0, inset)).y_range();
            ui.painter().vline(x.round() - 0.5, line, Stroke::new(1.0, colour));
            if response.drag_started() {
                let column = if slack { at } else { at - 1 };
                self.resizing = Some((column, own[column], slack));
            }
            if response.dragged()
                && let (Some(moved), Some((column, from, leftwards))) = (response.total_drag_delta(), self.resizing)
            {
                let moved = if leftwards { -moved.x } else { moved.x };
                let width = (from + moved).clamp(LEAST, MOST);
                if (width - own[column]).abs() > 0.5 {
                    actions.push(Action::Remember(Memory::ColumnWidth(shown.side, Column::ALL[column], width)));
                }
            }
        }
    }
}

/// One cell: the column's name, and an arrow where the rows are sorted by it.
fn title(ui: &Ui, place: Rect, cell: Rect, column: Column, shown: &Shown<'_>, actions: &mut Actions) {
    let palette = theme::palette(ui);
    let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
    let sort = shown.pane.sort;
    let sorted = sort.column == column;
    let id = Id::unique(("header", shown.side, column));
    let response = ui.interact(cell.intersect(place), id, Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted, words::sort_by(column)));
    if response.hovered() {
        painter.rect_filled(cell, 0.0, palette.hover.gamma_multiply(0.6));
    }
    if response.clicked() {
        actions.push(Action::Pane(shown.side, PaneAction::SortBy(column)));
    }
    let colour = if sorted { palette.text } else { palette.weak };
    let inner = cell.shrink2(vec2(CELL, 0.0));
    let room = inner.width() - if sorted { 14.0 } else { 0.0 };
    let font = FontId::new(theme::SMALL, theme::medium());
    let galley = painter.layout_job(toolbar::elided(words::column(column), font, colour, room));
    let (left, middle, width) = match column {
        Column::Size => (inner.right() - galley.size().x, inner.center().y, galley.size().x),
        _ => (inner.left(), inner.center().y, galley.size().x),
    };
    painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, colour);
    if sorted {
        let icon = if sort.descending { icons::CARET_DOWN } else { icons::CARET_UP };
        let (at, align) = match column {
            Column::Size => (left - 4.0, Align2::RIGHT_CENTER),
            _ => (left + width + 4.0, Align2::LEFT_CENTER),
        };
        painter.text(pos2(at, middle), align, icon, FontId::new(11.0, theme::icons()), colour);
    }
}
