//! The rows of a pane: header, columns, virtualised rows. Painted by hand: only what is seen is laid out, so that a
//! hundred thousand rows cost what thirty do.

use egui::accesskit::Role;
use egui::scroll_area::{DragScroll, ScrollSource};
use egui::style::ScrollAnimation;
use egui::{
    Align, Color32, CursorIcon, DragAndDrop, FontId, Id, PointerButton, Rect, Response, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::action::Memory;
use crate::app::selection::Click;
use crate::app::{Action, Actions, Column, Dragged, Field, Model, Pane, PaneAction, Row, Side};

use super::{format, icons, keys, menu, pane, theme, toolbar, words};

/// Room at both sides of a cell's text.
const CELL: f32 = 8.0;
/// The narrowest a column can be made.
const LEAST: f32 = 44.0;
/// Near the edges of the rows a drag scrolls, so many points a frame.
const SCROLL_EDGE: f32 = 20.0;

/// Seconds between the two clicks of a double click.
const DOUBLE_CLICK: f64 = 0.5;

/// What a table knows beside the model.
#[derive(Default)]
pub(super) struct FileTable {
    visit: u64,
    revealed: u64,
    /// The last click: when, at which visit of the pane, on what.
    clicked: Option<(f64, u64, Row)>,
    /// The column being resized: which, its width when the drag began, and whether it grows to the left.
    resizing: Option<(usize, f32, bool)>,
}

/// The row that the pointer is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Under {
    pub(super) row: Row,
    pub(super) rect: Rect,
}

impl FileTable {
    /// Draws header and rows into `place`; the row under the pointer comes back.
    pub(super) fn show(
        &mut self,
        ui: &mut Ui,
        place: Rect,
        side: Side,
        model: &Model,
        actions: &mut Actions,
    ) -> Option<Under> {
        let pane = model.pane(side);
        let widths = widths(model, side, place.width());
        let (header, body) = place.split_top_bottom_at_y(place.top() + theme::LINE);
        keys::set_page(ui.ctx(), side, rows_of(body.height()).saturating_sub(1));

        let list = self.list(ui, body, side, model, actions);
        let mut body_ui = ui.new_child(UiBuilder::new().max_rect(body).id_salt(("body", side)));
        let mut area = ScrollArea::both()
            .id_salt(("rows", side))
            .auto_shrink(false)
            .animated(false)
            .scroll_source(ScrollSource { drag: DragScroll::Never, ..ScrollSource::ALL });
        if self.visit != pane.visit {
            self.visit = pane.visit;
            area = area.scroll_offset(Vec2::ZERO);
        }
        let out = area.show_viewport(&mut body_ui, |ui, viewport| {
            let content = vec2(widths.iter().sum(), pane.rows.len() as f32 * theme::ROW);
            ui.set_min_size(content);
            let origin = ui.max_rect().min;
            if self.revealed != pane.reveal.serial {
                self.revealed = pane.reveal.serial;
                let top = origin.y + pane.reveal.row as f32 * theme::ROW;
                let row = Rect::from_x_y_ranges(body.x_range(), top..=top + theme::ROW);
                // As far as needed, and up and down only.
                ui.scroll_to_rect_animation(row, None, ScrollAnimation::none());
            }
            let first = rows_of(viewport.top());
            let last = (rows_of(viewport.bottom()) + 1).min(pane.rows.len());
            let mut under = None;
            for at in first..last {
                let Some(row) = pane.rows.row(at) else { continue };
                let min = pos2(origin.x, origin.y + at as f32 * theme::ROW);
                let rect = Rect::from_min_size(min, vec2(content.x.max(body.width()), theme::ROW));
                let response = self.row(ui, rect, &widths, row, side, model, actions);
                if ui.ctx().pointer_latest_pos().is_some_and(|p| rect.contains(p) && body.contains(p)) {
                    under = Some(Under { row, rect: rect.intersect(body) });
                }
                response.context_menu(|ui| menu::context_menu(ui, side, model, actions));
            }
            drag_scroll(ui, body, viewport.y_range(), content.y);
            under
        });
        list.context_menu(|ui| menu::context_menu(ui, side, model, actions));
        self.header(ui, header, out.state.clamped_offset().x, &widths, side, model, actions);
        out.inner
    }

    /// The rows as one widget: has the focus, takes clicks beside the rows.
    fn list(&self, ui: &Ui, body: Rect, side: Side, model: &Model, actions: &mut Actions) -> Response {
        let id = keys::id(Field::Rows(side));
        let response = ui.interact(body, id, Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::List, true, words::rows(side)));
        if response.gained_focus() && model.active != side {
            actions.push(Action::Pane(side, PaneAction::Focus));
        }
        if response.has_focus() {
            let filter = egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
        }
        if response.clicked() || response.secondary_clicked() {
            actions.push(Action::Pane(side, PaneAction::ClearSelection));
        }
        response
    }

    #[expect(clippy::too_many_arguments, reason = "a row is drawn from all of them")]
    fn row(
        &mut self,
        ui: &Ui,
        rect: Rect,
        widths: &[f32; 6],
        row: Row,
        side: Side,
        model: &Model,
        actions: &mut Actions,
    ) -> Response {
        let pane = model.pane(side);
        let id = keys::id(Field::Rows(side)).with(row);
        // Not focusable one by one: the arrow keys walk through rows, Tab goes past them.
        let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
        let name = match row {
            Row::Parent => "..",
            Row::Entry(index) => pane.rows.text(index),
        };
        let selected = pane.selection.shows(row);
        response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, selected, name));
        if let Row::Entry(index) = row
            && let Some(entry) = pane.entry(index)
        {
            ui.ctx().accesskit_node_builder(id, |node| node.set_description(format::description(entry, name)));
        }
        clicks(&mut self.clicked, ui, &response, row, side, pane.visit, actions);
        drag(ui, &response, row, side, pane, actions);
        paint(ui, rect, widths, row, name, &response, Looks::of(ui, model, side, row));
        response
    }

    fn header(
        &mut self,
        ui: &Ui,
        place: Rect,
        scrolled: f32,
        widths: &[f32; 6],
        side: Side,
        model: &Model,
        actions: &mut Actions,
    ) {
        let palette = theme::palette(ui);
        let pane = model.pane(side);
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        painter.rect_filled(place, 0.0, palette.base);
        painter.hline(place.x_range(), place.bottom(), Stroke::new(1.0, palette.line));
        let mut x = place.left() - scrolled;
        for (at, column) in Column::ALL.into_iter().enumerate() {
            let cell = Rect::from_min_size(pos2(x, place.top()), vec2(widths[at], place.height()));
            x += widths[at];
            let id = Id::unique(("header", side, column));
            let response = ui.interact(cell.intersect(place), id, Sense::CLICK);
            let sorted = pane.sort.column == column;
            response.widget_info(|| WidgetInfo::selected(Role::ColumnHeader, true, sorted, words::sort_by(column)));
            if response.hovered() {
                painter.rect_filled(cell, 0.0, palette.hover.gamma_multiply(0.6));
            }
            if response.clicked() {
                actions.push(Action::Pane(side, PaneAction::SortBy(column)));
            }
            let colour = if sorted { palette.text } else { palette.weak };
            let font = FontId::new(theme::SMALL, theme::medium());
            let arrow = if sorted { 14.0 } else { 0.0 };
            let inner = cell.shrink2(vec2(CELL, 0.0));
            let job = toolbar::elided(words::column(column), font, colour, inner.width() - arrow);
            let galley = painter.layout_job(job);
            let left = match column {
                Column::Size => inner.right() - galley.size().x,
                _ => inner.left(),
            };
            let middle = inner.center().y;
            let width = galley.size().x;
            painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, colour);
            if sorted {
                let icon = if pane.sort.descending { icons::CARET_DOWN } else { icons::CARET_UP };
                let (at, align) = match column {
                    Column::Size => (left - 4.0, egui::Align2::RIGHT_CENTER),
                    _ => (left + width + 4.0, egui::Align2::LEFT_CENTER),
                };
                painter.text(pos2(at, middle), align, icon, FontId::new(11.0, theme::icons()), colour);
            }
        }
        self.resize(ui, place, scrolled, widths, side, model, actions);
    }

    /// The lines between the header's cells. The name takes what is left: a line moves the column on its right, or,
    /// where nothing is left, the one on its left.
    fn resize(
        &mut self,
        ui: &Ui,
        place: Rect,
        scrolled: f32,
        widths: &[f32; 6],
        side: Side,
        model: &Model,
        actions: &mut Actions,
    ) {
        let palette = theme::palette(ui);
        let own = columns(model, side);
        let slack = widths[0] > own[0] + 0.5;
        let mut x = place.left() - scrolled;
        for at in 1..widths.len() {
            x += widths[at - 1];
            if !place.x_range().contains(x) {
                continue;
            }
            let grip = Rect::from_center_size(pos2(x, place.center().y), vec2(8.0, place.height()));
            let id = Id::unique(("resize", side, at));
            let response = ui.interact(grip, id, Sense::DRAG).on_hover_and_drag_cursor(CursorIcon::ResizeColumn);
            let active = response.hovered() || response.dragged();
            let colour = if active { palette.accent } else { palette.line };
            ui.painter().vline(
                x.round() - 0.5,
                place.shrink2(vec2(0.0, if active { 0.0 } else { 5.0 })).y_range(),
                Stroke::new(1.0, colour),
            );
            if response.drag_started() {
                let column = if slack { at } else { at - 1 };
                self.resizing = Some((column, own[column], slack));
            }
            if response.dragged()
                && let (Some(moved), Some((column, from, leftwards))) = (response.total_drag_delta(), self.resizing)
            {
                let moved = if leftwards { -moved.x } else { moved.x };
                let width = (from + moved).clamp(LEAST, 800.0);
                if (width - own[column]).abs() > 0.5 {
                    actions.push(Action::Remember(Memory::ColumnWidth(side, Column::ALL[column], width)));
                }
            }
        }
    }
}

fn columns(model: &Model, side: Side) -> [f32; 6] {
    match side {
        Side::Local => model.settings.window.local_columns,
        Side::Remote => model.settings.window.remote_columns,
    }
}

/// The columns' widths on the screen: the name takes what the others leave.
fn widths(model: &Model, side: Side, available: f32) -> [f32; 6] {
    let mut widths = columns(model, side).map(|width| width.max(LEAST));
    let others: f32 = widths[1..].iter().sum();
    widths[0] = widths[0].max(available - others);
    widths
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows on a screen")]
fn rows_of(height: f32) -> usize {
    (height / theme::ROW).max(0.0) as usize
}

/// egui counts a third click in a row as a triple one, wherever it lands; whoever double-clicks from folder to folder
/// means pairs.
fn is_second(last: &mut Option<(f64, u64, Row)>, now: f64, visit: u64, row: Row) -> bool {
    let second = last.take().is_some_and(|(then, on, what)| now - then < DOUBLE_CLICK && (on, what) == (visit, row));
    if !second {
        *last = Some((now, visit, row));
    }
    second
}

fn clicks(
    last: &mut Option<(f64, u64, Row)>,
    ui: &Ui,
    response: &Response,
    row: Row,
    side: Side,
    visit: u64,
    actions: &mut Actions,
) {
    let (modifiers, now) = ui.input(|input| (input.modifiers, input.time));
    if response.clicked() && modifiers.is_none() && is_second(last, now, visit, row) {
        actions.push(Action::Pane(side, PaneAction::Activate(row)));
    } else if response.clicked() {
        let how = match (modifiers.command, modifiers.shift) {
            (_, true) => Click::Range,
            (true, false) => Click::Toggle,
            _ => Click::Only,
        };
        actions.push(Action::Pane(side, PaneAction::Click(row, how)));
    }
    if response.secondary_clicked() {
        actions.push(Action::Pane(side, PaneAction::Click(row, Click::Menu)));
    }
}

/// A drag takes the selection along; begun on another row, that row alone.
fn drag(ui: &Ui, response: &Response, row: Row, side: Side, pane: &Pane, actions: &mut Actions) {
    let Row::Entry(index) = row else { return };
    if !response.drag_started_by(PointerButton::Primary) {
        return;
    }
    let items = if pane.selection.contains(index) {
        pane.selected()
    } else {
        actions.push(Action::Pane(side, PaneAction::Click(row, Click::Only)));
        pane.item(index).into_iter().collect()
    };
    DragAndDrop::set_payload(ui.ctx(), Dragged { from: side, items });
}

/// While something is dragged to an edge of the rows, they scroll.
fn drag_scroll(ui: &Ui, body: Rect, seen: egui::Rangef, height: f32) {
    if !DragAndDrop::has_payload_of_type::<Dragged>(ui.ctx()) {
        return;
    }
    let Some(pointer) = ui.ctx().pointer_latest_pos().filter(|pointer| body.contains(*pointer)) else { return };
    let towards = if pointer.y < body.top() + SCROLL_EDGE && seen.min > 0.0 {
        1.0
    } else if pointer.y > body.bottom() - SCROLL_EDGE && seen.max < height {
        -1.0
    } else {
        return;
    };
    ui.scroll_with_delta_animation(vec2(0.0, towards * theme::ROW / 3.0), ScrollAnimation::none());
    ui.ctx().request_repaint_after(std::time::Duration::from_millis(16));
}

/// How a row is coloured.
struct Looks {
    fill: Option<Color32>,
    text: Color32,
    weak: Color32,
    folder: Color32,
    /// The cursor's frame.
    frame: Option<Color32>,
    entry: Option<(crate::domain::Entry, bool)>,
}

impl Looks {
    fn of(ui: &Ui, model: &Model, side: Side, row: Row) -> Self {
        let palette = theme::palette(ui);
        let pane = model.pane(side);
        let keys = keys::rows_have_keys(ui.ctx(), model, side);
        let dragged = DragAndDrop::payload::<Dragged>(ui.ctx());
        let target =
            dragged.is_some_and(|dragged| pane.drop_target(row).is_some_and(|into| pane::accepts(&dragged, &into)));
        let (fill, text, weak, folder) = match (pane.selection.shows(row), keys) {
            (true, true) => (Some(palette.selection), palette.on_selection, palette.on_selection, palette.on_selection),
            (true, false) => (Some(palette.selection_idle), palette.text, palette.weak, palette.folder),
            (false, _) => (None, palette.text, palette.weak, palette.folder),
        };
        let frame = (keys && pane.selection.cursor == Some(row)).then_some(palette.accent);
        let entry = match row {
            Row::Parent => None,
            Row::Entry(index) => pane.entry(index).map(|entry| (entry.clone(), target)),
        };
        Self { fill, text, weak, folder, frame, entry }
    }
}

#[expect(clippy::too_many_arguments, reason = "a row is drawn from all of them")]
fn paint(ui: &Ui, rect: Rect, widths: &[f32; 6], row: Row, name: &str, response: &Response, looks: Looks) {
    let palette = theme::palette(ui);
    let painter = ui.painter();
    match looks.fill {
        Some(fill) => drop(painter.rect_filled(rect, 0.0, fill)),
        None if response.hovered() => drop(painter.rect_filled(rect, 0.0, palette.hover.gamma_multiply(0.5))),
        None => {}
    }
    if let Some(colour) = looks.frame {
        painter.rect_stroke(rect, 0.0, Stroke::new(1.0, colour), StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let (icon, filled) = match (&looks.entry, row) {
        (Some((entry, _)), _) => icons::of_entry(entry, name),
        (None, _) => (icons::PARENT, false),
    };
    let font = if filled { icons::filled_font() } else { icons::font() };
    let colour = if filled { looks.folder } else { looks.weak };
    painter.text(pos2(rect.left() + CELL + 8.0, middle), egui::Align2::CENTER_CENTER, icon, font, colour);

    let mut x = rect.left();
    for (at, column) in Column::ALL.into_iter().enumerate() {
        let mut cell = Rect::from_min_size(pos2(x, rect.top()), vec2(widths[at], rect.height()));
        x += widths[at];
        cell = cell.shrink2(vec2(CELL, 0.0));
        let entry = looks.entry.as_ref().map(|(entry, _)| entry);
        let (text, size, colour, align) = match (column, entry) {
            (Column::Name, _) => {
                cell.min.x += theme::ICON + 8.0;
                (name.to_owned(), theme::TEXT, looks.text, Align::Min)
            }
            (_, None) => continue,
            (Column::Size, Some(entry)) => (format::size(entry), theme::SMALL, looks.weak, Align::Max),
            (Column::Kind, Some(entry)) => (format::kind(entry, name), theme::SMALL, looks.weak, Align::Min),
            (Column::Modified, Some(entry)) => (format::modified(entry), theme::SMALL, looks.weak, Align::Min),
            (Column::Permissions, Some(entry)) => (format::permissions(entry), theme::SMALL, looks.weak, Align::Min),
            (Column::Owner, Some(entry)) => (format::owner(entry), theme::SMALL, looks.weak, Align::Min),
        };
        if text.is_empty() {
            continue;
        }
        let galley = painter.layout_job(toolbar::elided(&text, FontId::proportional(size), colour, cell.width()));
        let left = if align == Align::Max { cell.right() - galley.size().x } else { cell.left() };
        painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, colour);
    }
}
