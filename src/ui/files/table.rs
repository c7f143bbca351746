//! The rows of a pane, virtualised. Painted by hand: only what is seen is laid out, so that a hundred thousand rows cost
//! what thirty do.

use egui::accesskit::Role;
use egui::scroll_area::{DragScroll, ScrollSource};
use egui::style::ScrollAnimation;
use egui::{
    Color32, DragAndDrop, FontId, PointerButton, Rangef, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};

use crate::app::files::selection::Click;
use crate::app::{Action, Actions, Column, Dragged, Field, Model, PaneAction, Row, Side};
use crate::domain::Entry;
use crate::ui::files::header::{TableHeader, widths};
use crate::ui::files::shown::{CELL, Shown, Under};
use crate::ui::{format, icons, keys, menu, theme, toolbar, words};

/// Near the edges of the rows a drag scrolls.
const SCROLL_EDGE: f32 = 20.0;
/// Kept free on the right: the scroll bar lies over the rows.
const SCROLL_BAR: f32 = 8.0;
/// Seconds between the two clicks of a double click.
const DOUBLE_CLICK: f64 = 0.5;

/// What a table knows beside the model.
#[derive(Default)]
pub(crate) struct FileTable {
    header: TableHeader,
    visit: u64,
    revealed: u64,
    /// The last click: when, at which visit of the pane, on what.
    clicked: Option<(f64, u64, Row)>,
}

impl FileTable {
    /// Draws header and rows into `place`; the row under the pointer comes back.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        place: Rect,
        side: Side,
        model: &Model,
        actions: &mut Actions,
    ) -> Option<Under> {
        let pane = model.pane(side);
        let shown = Shown { side, model, pane, widths: widths(model, side, place.width() - SCROLL_BAR) };
        let (header, body) = place.split_top_bottom_at_y(place.top() + theme::LINE);
        keys::set_page(ui.ctx(), side, rows_of(body.height()).saturating_sub(1));

        let list = list(ui, body, &shown, actions);
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
        let out = area.show_viewport(&mut body_ui, |ui, seen| self.rows(ui, seen, body, &shown, actions));
        list.context_menu(|ui| menu::context_menu(ui, side, model, actions));
        self.header.show(ui, header, out.state.clamped_offset().x, &shown, actions);
        out.inner
    }

    /// The rows that are seen.
    fn rows(&mut self, ui: &mut Ui, seen: Rect, body: Rect, shown: &Shown<'_>, actions: &mut Actions) -> Option<Under> {
        let pane = shown.pane;
        let width = if pane.rows.entries().next().is_none() { 0.0 } else { shown.widths.iter().sum() };
        // The last row is not to lie under the bar.
        let bar = if width > body.width() { SCROLL_BAR + 2.0 } else { 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "a table of millions of rows is still exact to a pixel")]
        let y_of = |row: usize| row as f32 * theme::ROW;
        let content = vec2(width, y_of(pane.rows.len()) + bar);
        ui.set_min_size(content);
        let origin = ui.max_rect().min;
        if self.revealed != pane.reveal.serial {
            self.revealed = pane.reveal.serial;
            let top = origin.y + y_of(pane.reveal.row);
            // As far as needed, and up and down only.
            let row = Rect::from_x_y_ranges(body.x_range(), top..=top + theme::ROW);
            ui.scroll_to_rect_animation(row, None, ScrollAnimation::none());
        }
        let pointer = ui.ctx().pointer_latest_pos().filter(|pointer| body.contains(*pointer));
        let mut under = None;
        for at in rows_of(seen.top())..(rows_of(seen.bottom()) + 1).min(pane.rows.len()) {
            let Some(row) = pane.rows.row(at) else { continue };
            let size = vec2(content.x.max(body.width()), theme::ROW);
            let rect = Rect::from_min_size(pos2(origin.x, origin.y + y_of(at)), size);
            let response = self.row(ui, rect, (at, row), shown, actions);
            if pointer.is_some_and(|pointer| rect.contains(pointer)) {
                under = Some(Under { row, rect: rect.intersect(body) });
            }
            response.context_menu(|ui| menu::context_menu(ui, shown.side, shown.model, actions));
        }
        drag_scroll(ui, body, seen.y_range(), content.y);
        under
    }

    fn row(
        &mut self,
        ui: &Ui,
        rect: Rect,
        (at, row): (usize, Row),
        shown: &Shown<'_>,
        actions: &mut Actions,
    ) -> Response {
        let pane = shown.pane;
        let id = keys::id(Field::Rows(shown.side)).with(row);
        // Not focusable one by one: the arrow keys walk through rows, Tab goes past them.
        let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
        let (name, entry) = match row {
            Row::Parent => ("..", None),
            Row::Entry(index) => (pane.rows.text(index), pane.entry(index)),
        };
        let selected = pane.selection.shows(row);
        response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, name));
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_selected(selected);
            // Only what is seen is in the tree: which of how many it is must be told.
            node.set_position_in_set(at + 1);
            node.set_size_of_set(pane.rows.len());
            if let Some(entry) = entry {
                node.set_description(format::description(entry, name));
            }
        });
        self.clicks(ui, &response, row, shown, actions);
        drag(ui, &response, row, shown, actions);
        let painted = paint(ui, rect, &response, (row, name, entry), shown);
        let over = |cell: Rect| ui.ctx().pointer_latest_pos().is_some_and(|pointer| cell.contains(pointer));
        match entry.and_then(|entry| entry.modified) {
            Some(time) if over(painted.modified) => response.on_hover_text_at_pointer(format::whose_clock(time)),
            _ if painted.elided => response.on_hover_text_at_pointer(name),
            _ => response,
        }
    }

    fn clicks(&mut self, ui: &Ui, response: &Response, row: Row, shown: &Shown<'_>, actions: &mut Actions) {
        let mut ask = |action| actions.push(Action::Pane(shown.side, action));
        let (modifiers, now) = ui.input(|input| (input.modifiers, input.time));
        if response.clicked() {
            let how = match (modifiers.command, modifiers.shift) {
                (_, true) => Click::Range,
                (true, false) => Click::Toggle,
                _ => Click::Only,
            };
            let second = how == Click::Only && self.is_second(now, shown.pane.visit, row);
            ask(if second { PaneAction::Activate(row) } else { PaneAction::Click(row, how) });
        }
        if response.secondary_clicked() {
            ask(PaneAction::Click(row, Click::Menu));
        }
    }

    /// egui counts a third click in a row as a triple one, wherever it lands; whoever double-clicks from folder to folder
    /// means pairs.
    fn is_second(&mut self, now: f64, visit: u64, row: Row) -> bool {
        let last = self.clicked.take();
        let second = last.is_some_and(|(then, on, what)| now - then < DOUBLE_CLICK && (on, what) == (visit, row));
        if !second {
            self.clicked = Some((now, visit, row));
        }
        second
    }
}

/// All rows as one widget: has the focus, takes clicks beside them.
fn list(ui: &Ui, body: Rect, shown: &Shown<'_>, actions: &mut Actions) -> Response {
    let id = keys::id(Field::Rows(shown.side));
    let response = ui.interact(body, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::List, true, words::rows(shown.side)));
    // The row that the arrow keys are on, for those who hear it.
    let cursor = shown.pane.selection.cursor.filter(|row| shown.pane.rows.position(*row).is_some());
    if let Some(row) = cursor.filter(|_| shown.model.active == shown.side) {
        ui.ctx().accesskit_node_builder(id, |node| node.set_active_descendant(id.with(row).accesskit_id()));
    }
    if response.gained_focus() && shown.model.active != shown.side {
        actions.push(Action::Pane(shown.side, PaneAction::Focus));
    }
    if response.has_focus() {
        let filter = egui::EventFilter { vertical_arrows: true, ..egui::EventFilter::default() };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
    }
    if response.clicked() || response.secondary_clicked() {
        actions.push(Action::Pane(shown.side, PaneAction::ClearSelection));
    }
    response
}

/// A drag takes the selection along; begun on another row, that row alone.
fn drag(ui: &Ui, response: &Response, row: Row, shown: &Shown<'_>, actions: &mut Actions) {
    let Row::Entry(index) = row else { return };
    if !response.drag_started_by(PointerButton::Primary) {
        return;
    }
    let pane = shown.pane;
    let items = if pane.selection.contains(index) {
        pane.selected()
    } else {
        actions.push(Action::Pane(shown.side, PaneAction::Click(row, Click::Only)));
        pane.item(index).into_iter().collect()
    };
    DragAndDrop::set_payload(ui.ctx(), Dragged { from: shown.side, items });
}

/// While something is dragged to an edge of the rows, they scroll.
fn drag_scroll(ui: &Ui, body: Rect, seen: Rangef, height: f32) {
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows on a screen")]
fn rows_of(height: f32) -> usize {
    (height / theme::ROW).max(0.0) as usize
}

/// What of a row can be told more of.
struct Painted {
    /// The name did not fit.
    elided: bool,
    /// Where its time stands.
    modified: Rect,
}

/// Paints a row.
fn paint(
    ui: &Ui,
    rect: Rect,
    response: &Response,
    (row, name, entry): (Row, &str, Option<&Entry>),
    shown: &Shown<'_>,
) -> Painted {
    let palette = theme::palette(ui);
    let keys = keys::rows_have_keys(ui.ctx(), shown.model, shown.side);
    let selection = &shown.pane.selection;
    let (fill, text, weak, folder) = match (selection.shows(row), keys) {
        (true, true) => (palette.selection, palette.on_selection, palette.on_selection, palette.on_selection),
        (true, false) => (palette.selection_idle, palette.text, palette.weak, palette.folder),
        (false, _) if response.hovered() => {
            (palette.hover.gamma_multiply(0.5), palette.text, palette.weak, palette.folder)
        }
        (false, _) => (Color32::TRANSPARENT, palette.text, palette.weak, palette.folder),
    };
    let painter = ui.painter();
    painter.rect_filled(rect, 0.0, fill);
    if keys && selection.cursor == Some(row) {
        painter.rect_stroke(rect, 0.0, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let (icon, filled) = entry.map_or((icons::PARENT, false), |entry| icons::of_entry(entry, name));
    let (font, colour) = if filled { (icons::filled_font(), folder) } else { (icons::font(), weak) };
    let place = pos2(rect.left() + CELL + theme::ICON / 2.0, middle);
    painter.text(place, egui::Align2::CENTER_CENTER, icon, font, colour);

    let mut done = Painted { elided: false, modified: Rect::NOTHING };
    let mut x = rect.left();
    for (column, width) in Column::ALL.into_iter().zip(shown.widths) {
        let mut cell = Rect::from_min_size(pos2(x, rect.top()), vec2(width, rect.height())).shrink2(vec2(CELL, 0.0));
        x += width;
        if column == Column::Modified {
            done.modified = cell;
        }
        let (text, size, colour) = match column {
            Column::Name => {
                cell.min.x += theme::ICON + 8.0;
                (name.to_owned(), theme::TEXT, text)
            }
            other => (entry.map(|entry| fact(entry, name, other)).unwrap_or_default(), theme::SMALL, weak),
        };
        if text.is_empty() {
            continue;
        }
        let galley = painter.layout_job(toolbar::elided(&text, FontId::proportional(size), colour, cell.width()));
        let left = if column == Column::Size { cell.right() - galley.size().x } else { cell.left() };
        done.elided |= galley.elided && column == Column::Name;
        painter.galley(pos2(left, middle - galley.size().y / 2.0), galley, colour);
    }
    done
}

fn fact(entry: &Entry, name: &str, column: Column) -> String {
    match column {
        Column::Name => name.to_owned(),
        Column::Size => format::size(entry),
        Column::Kind => format::kind(entry, name),
        Column::Modified => format::modified(entry),
        Column::Permissions => format::permissions(entry),
        Column::Owner => format::owner(entry),
    }
}
