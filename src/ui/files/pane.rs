//! One pane: path, filter, rows, status line. And what lies between the two: the splitter, and what is dragged.

use std::sync::Arc;

use egui::accesskit::Role;
use egui::{
    Align, Area, Button, CursorIcon, DragAndDrop, Frame, Id, Key, LayerId, Layout, Margin, Order, Rect, RichText,
    Sense, Stroke, StrokeKind, TextEdit, Ui, UiBuilder, Vec2, pos2, vec2,
};

use crate::app::action::Memory;
use crate::app::{Action, Actions, Dragged, Field, Link, Location, Model, PaneAction, Side};
use crate::ui::files::shown::Under;
use crate::ui::files::table::FileTable;
use crate::ui::{icons, keys, menu, theme, toolbar, words};

/// A pane narrower than this shows the transfer button without words.
const NARROW: f32 = 520.0;
const LEAST_WIDTH: f32 = 300.0;

/// What a pane knows beside the model.
#[derive(Default)]
pub(crate) struct PaneView {
    /// The path while it is edited.
    path: Option<String>,
    table: FileTable,
}

/// The two panes' places, with the splitter between them.
pub(crate) fn split(ui: &Ui, model: &Model, actions: &mut Actions) -> (Rect, Rect) {
    let whole = ui.max_rect();
    let least = LEAST_WIDTH.min(whole.width() / 2.0);
    let at = (whole.left() + whole.width() * model.settings.window.split)
        .clamp(whole.left() + least, whole.right() - least)
        .round();
    let grip = Rect::from_x_y_ranges(at - 4.0..=at + 4.0, whole.y_range());
    let response =
        ui.interact(grip, Id::unique("splitter"), Sense::DRAG).on_hover_and_drag_cursor(CursorIcon::ResizeHorizontal);
    if response.dragged()
        && let Some(pointer) = response.interact_pointer_pos()
    {
        let share = ((pointer.x - whole.left()) / whole.width()).clamp(0.0, 1.0);
        // Only news: whatever is asked for makes another frame.
        if ((share - model.settings.window.split) * whole.width()).abs() > 0.5 {
            actions.push(Action::Remember(Memory::Split(share)));
        }
    }
    let palette = theme::palette(ui);
    let line = if response.hovered() || response.dragged() { palette.accent } else { palette.line };
    ui.painter().vline(at, whole.y_range(), Stroke::new(1.0, line));
    let left = Rect::from_x_y_ranges(whole.left()..=at - 1.0, whole.y_range());
    let right = Rect::from_x_y_ranges(at + 1.0..=whole.right(), whole.y_range());
    (left, right)
}

/// What is being dragged, beside the pointer.
pub(crate) fn drag_preview(ui: &Ui) {
    let Some(dragged) = DragAndDrop::payload::<Dragged>(ui.ctx()) else { return };
    let Some(pointer) = ui.ctx().pointer_latest_pos() else { return };
    let palette = theme::palette(ui);
    let painter = ui.ctx().layer_painter(LayerId::new(Order::Tooltip, Id::unique("drag preview")));
    let font = egui::FontId::new(theme::TEXT, theme::medium());
    let job = toolbar::elided(&words::items(&dragged.items), font, palette.on_accent, 240.0);
    let galley = painter.layout_job(job);
    let rect = Rect::from_min_size(pointer + vec2(14.0, 10.0), galley.size() + vec2(20.0, 10.0));
    painter.rect_filled(rect, theme::RADIUS, palette.accent);
    painter.galley(rect.min + vec2(10.0, 5.0), galley, palette.on_accent);
}

impl PaneView {
    pub(crate) fn show(&mut self, ui: &mut Ui, rect: Rect, side: Side, model: &Model, actions: &mut Actions) {
        let builder = UiBuilder::new()
            .id_salt(("pane", side))
            .max_rect(rect)
            .layout(Layout::top_down(Align::Min))
            .accessibility_role(Role::Group)
            .accessibility_label(words::pane(side));
        let mut pane_ui = ui.new_child(builder);
        let ui = &mut pane_ui;
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        // A container has no place of its own in the accessibility tree; what is dropped on a pane needs one.
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| node.set_bounds(crate::ui::accessibility::bounds(rect)));
        ui.spacing_mut().item_spacing.y = 0.0;

        let palette = theme::palette(ui);
        let (bar, rest) = rect.split_top_bottom_at_y(rect.top() + theme::BAR);
        let (rows, status) = rest.split_top_bottom_at_y(rest.bottom() - theme::LINE);
        ui.painter().rect_filled(bar, 0.0, palette.panel);
        ui.painter().rect_filled(status, 0.0, palette.panel);
        if let Some(mark) = theme::mark(ui, model.colour()).filter(|_| side == Side::Remote) {
            let line = Rect::from_x_y_ranges(bar.x_range(), bar.top()..=bar.top() + 2.0);
            ui.painter().rect_filled(line, 0.0, mark);
        }
        ui.painter().hline(status.x_range(), status.top(), Stroke::new(1.0, palette.line));

        let path = self.bar(ui, bar, side, model, actions);
        let under = self.table.show(ui, rows, side, model, actions);
        state(ui, rows, side, model, actions);
        drop_onto(ui, rows, under, side, model, actions);
        status_line(ui, status, side, model);
        error(ui, path.with_max_x(rect.right() - theme::PAD), side, model, actions);
    }

    /// Path, filter, transfer. Where the path is comes back.
    fn bar(&mut self, ui: &mut Ui, bar: Rect, side: Side, model: &Model, actions: &mut Actions) -> Rect {
        let inner = bar.shrink2(vec2(theme::PAD, 0.0));
        let mut bar_ui = ui.new_child(UiBuilder::new().max_rect(inner).layout(Layout::right_to_left(Align::Center)));
        let ui = &mut bar_ui;
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let narrow = bar.width() < NARROW;
        let transfer = Action::Pane(side, PaneAction::Transfer);
        if narrow {
            menu::icon_button(ui, model, transfer, actions);
        } else {
            menu::text_button(ui, model, transfer, actions);
        }
        ui.add_space(theme::GAP);
        filter(ui, side, model, if narrow { 104.0 } else { 140.0 }, actions);
        let (refresh, used) = match side {
            Side::Local => (words::REFRESH_LOCAL, true),
            Side::Remote => (words::REFRESH_REMOTE, model.is_connected()),
        };
        menu::named_icon_button(ui, model, Action::Pane(side, PaneAction::Refresh), refresh, actions);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            menu::icon_button(ui, model, Action::Pane(side, PaneAction::Up), actions);
            self.path(ui, side, model, used, actions)
        })
        .inner
    }

    fn path(&mut self, ui: &mut Ui, side: Side, model: &Model, used: bool, actions: &mut Actions) -> Rect {
        let pane = model.pane(side);
        let (name, icon) = match side {
            Side::Local => (words::LOCAL_PATH, icons::COMPUTER),
            Side::Remote => (words::REMOTE_PATH, icons::SERVER),
        };
        let shown = pane.path_text();
        let mut text = self.path.clone().unwrap_or_else(|| shown.clone());
        let weak = theme::palette(ui).faint;
        let edit = TextEdit::singleline(&mut text)
            .id(keys::id(Field::Path(side)))
            .prefix(RichText::new(icon).font(icons::font()).color(weak))
            .hint_text(if used { "" } else { words::NOT_CONNECTED })
            .align(egui::Align2::LEFT_CENTER)
            .margin(Margin::symmetric(8, 4))
            .min_size(Vec2::new(0.0, theme::CONTROL))
            .desired_width(ui.available_width());
        let response = ui.add_enabled(used, edit).accessible_name(name);
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            actions.push(Action::Pane(side, PaneAction::Focus));
            actions.push(Action::Pane(side, PaneAction::GoTo(text.clone())));
        }
        self.path = response.has_focus().then_some(text);
        response.rect
    }
}

fn filter(ui: &mut Ui, side: Side, model: &Model, width: f32, actions: &mut Actions) {
    let pane = model.pane(side);
    let (name, clear) = match side {
        Side::Local => (words::FILTER_LOCAL, words::CLEAR_FILTER_LOCAL),
        Side::Remote => (words::FILTER_REMOTE, words::CLEAR_FILTER_REMOTE),
    };
    let palette = theme::palette(ui);
    let mut text = pane.filter.clone();
    let edit = TextEdit::singleline(&mut text)
        .id(keys::id(Field::Filter(side)))
        .prefix(RichText::new(icons::SEARCH).font(icons::font()).color(palette.faint))
        .hint_text(words::FILTER)
        .align(egui::Align2::LEFT_CENTER)
        .margin(Margin::symmetric(8, 4))
        .min_size(Vec2::new(0.0, theme::CONTROL))
        .desired_width(width);
    let response = ui.add(edit).accessible_name(name);
    let escape = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape));
    let down = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if escape {
        text.clear();
    }
    if escape || down {
        actions.push(Action::Pane(side, PaneAction::Focus));
    }
    // A filter that hides files must be seen, and be easy to get rid of.
    if !pane.filter.is_empty() {
        ui.painter().rect_stroke(response.rect, theme::RADIUS, Stroke::new(1.0, palette.accent), StrokeKind::Inside);
        let place =
            Rect::from_center_size(pos2(response.rect.right() - 14.0, response.rect.center().y), Vec2::splat(20.0));
        let close = Button::new(RichText::new(icons::CLOSE).font(icons::font())).frame_when_inactive(false).small();
        // Over the input, beside the layout.
        let mut over = ui.new_child(UiBuilder::new().max_rect(place));
        if over.add(close).accessible_name(clear).clicked() {
            text.clear();
        }
    }
    if text != pane.filter {
        actions.push(Action::Pane(side, PaneAction::Filter(text)));
    }
}

/// What stands in the middle of a pane that has no rows.
fn state(ui: &mut Ui, rows: Rect, side: Side, model: &Model, actions: &mut Actions) {
    let pane = model.pane(side);
    let shown = pane.rows.entries().next().is_some();
    if shown {
        return;
    }
    let mut again: Option<(&str, Action)> = None;
    let (icon, title, texts) = if side == Side::Remote && pane.listing.is_none() && !model.is_connected() {
        match &model.connection.link {
            Link::Connecting(step) => {
                let host = model.connection.site.as_ref().map_or("", |site| site.title());
                (icons::SERVER, words::connecting_to(host), vec![words::step(*step).to_owned()])
            }
            Link::Failed(text) => {
                again = Some((words::TRY_AGAIN, Action::Reconnect));
                (icons::ERROR, text.what.clone(), vec![text.why.clone(), text.advice.clone()])
            }
            _ => (icons::DISCONNECTED, words::NOT_CONNECTED.into(), vec![words::NOT_CONNECTED_HINT.into()]),
        }
    } else if pane.listing.is_none() {
        match &pane.error {
            Some(error) => {
                let action = PaneAction::GoTo(error.at.exact_text(&model.charset(side)));
                again = Some((words::TRY_AGAIN, Action::Pane(side, action)));
                let text = &error.text;
                (icons::ERROR, text.what.clone(), vec![text.why.clone(), text.advice.clone()])
            }
            None if pane.is_slow(model.now) => (icons::CLOCK, words::LOADING.into(), Vec::new()),
            None => return,
        }
    } else if pane.loading.is_some() && pane.rows.is_empty() && !pane.is_slow(model.now) {
        return;
    } else if !pane.filter.is_empty() {
        let clear = PaneAction::Filter(String::new());
        again = Some((words::CLEAR_FILTER, Action::Pane(side, clear)));
        (icons::SEARCH, words::NO_MATCH.into(), vec![format!("“{}”", pane.filter)])
    } else {
        let hint = match side {
            Side::Local if model.is_connected() => words::EMPTY_LOCAL_HINT,
            Side::Local => "",
            Side::Remote => words::EMPTY_REMOTE_HINT,
        };
        (icons::EMPTY, words::EMPTY_FOLDER.into(), vec![hint.to_owned()])
    };
    let palette = theme::palette(ui);
    let width = (rows.width() - 48.0).min(400.0);
    // In a low pane the words and the button need the room.
    let pictured = rows.height() >= 220.0;
    let place = Rect::from_center_size(rows.center(), vec2(width, if pictured { 168.0 } else { 126.0 }));
    let mut middle = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Center)));
    let ui = &mut middle;
    ui.spacing_mut().item_spacing.y = 6.0;
    if pictured {
        let colour = if icon == icons::ERROR { palette.error } else { palette.faint };
        let (place, _) = ui.allocate_exact_size(Vec2::splat(36.0), Sense::hover());
        let font = egui::FontId::new(32.0, theme::icons());
        ui.painter().text(place.center(), egui::Align2::CENTER_CENTER, icon, font, colour);
    }
    ui.label(theme::strong(title).size(14.0));
    for text in texts.into_iter().filter(|text| !text.is_empty()) {
        ui.label(RichText::new(text).color(palette.weak));
    }
    if let Some((words, action)) = again {
        ui.add_space(6.0);
        if ui.add(Button::new(words).min_size(Vec2::new(0.0, theme::CONTROL))).clicked() {
            actions.push(action);
        }
    }
}

/// Takes what is dropped on the rows: entries of the panes, and files from outside.
fn drop_onto(ui: &Ui, rows: Rect, under: Option<Under>, side: Side, model: &Model, actions: &mut Actions) {
    let palette = theme::palette(ui);
    let whole = rows.shrink(1.0);
    let accent = Stroke::new(1.5, palette.accent);
    let pane = model.pane(side);
    let usable = side == Side::Local || model.is_connected();

    if let Some(dragged) = DragAndDrop::payload::<Dragged>(ui.ctx()) {
        let inside = ui.ctx().pointer_latest_pos().is_some_and(|pointer| rows.contains(pointer));
        if !inside || !usable {
            return;
        }
        let onto_row = under.and_then(|under| Some((under.rect, pane.drop_target(under.row)?)));
        let target = match onto_row.filter(|(_, into)| accepts(&dragged, into)) {
            Some((rect, into)) => Some((rect, into)),
            None if dragged.from != side => Some((whole, pane.location.clone())),
            None => None,
        };
        let Some((rect, into)) = target else { return };
        ui.painter().rect_stroke(rect, theme::RADIUS, accent, StrokeKind::Inside);
        if ui.input(|input| input.pointer.primary_released())
            && let Some(dragged) = DragAndDrop::take_payload::<Dragged>(ui.ctx())
        {
            let what = Arc::unwrap_or_clone(dragged);
            actions.push(Action::Drop { what, into });
        }
    } else if side == Side::Remote {
        // Where the pointer is while another program drags, the window system does not tell: what is dropped anywhere
        // in the window is uploaded to the directory that is shown, and the frame says so.
        let (hovering, dropped) = ui.input(|input| {
            let files = input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect::<Vec<_>>();
            (!input.raw.hovered_files.is_empty(), files)
        });
        if hovering && usable {
            ui.painter().rect(whole, theme::RADIUS, palette.drop.gamma_multiply(0.6), accent, StrokeKind::Inside);
            let font = egui::FontId::new(16.0, theme::medium());
            let text = words::UPLOAD_HERE;
            ui.painter().text(whole.center(), egui::Align2::CENTER_CENTER, text, font, palette.text);
        }
        if !dropped.is_empty() {
            actions.push(Action::DropFiles { files: dropped, into: pane.location.clone() });
        }
    }
}

/// Whether a drop there would do something: not onto itself, not where it is already.
fn accepts(dragged: &Dragged, into: &Location) -> bool {
    dragged.from != into.side()
        || dragged.items.iter().all(|item| item.at != *into && item.at.parent().as_ref() != Some(into))
}

fn status_line(ui: &Ui, place: Rect, side: Side, model: &Model) {
    let pane = model.pane(side);
    let palette = theme::palette(ui);
    let font = egui::FontId::proportional(theme::SMALL);
    let inner = place.shrink2(vec2(theme::PAD, 0.0));
    let mut right = inner.right();
    if let Some(listing) = &pane.listing {
        let chosen = pane.selection.totals(&listing.entries);
        if pane.selection.count() > 0 {
            let text = words::selected(&chosen);
            let galley = ui.painter().layout_no_wrap(text.clone(), font.clone(), palette.text);
            right -= galley.size().x;
            let at = pos2(right, inner.center().y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, palette.text);
            right -= 16.0;
            label(ui, inner, &text, side, "selected");
        }
    }
    let operation = model.operation.as_ref().filter(|operation| side == Side::Remote && operation.is_slow(model.now));
    let text = match &pane.listing {
        _ if operation.is_some() => operation.map(words::operation).unwrap_or_default(),
        Some(_) if pane.is_slow(model.now) => words::loading(pane.rows.totals.files + pane.rows.totals.folders),
        Some(_) => words::totals(&pane.rows.totals),
        None => return,
    };
    let job = toolbar::elided(&text, font, palette.weak, right - inner.left());
    let galley = ui.painter().layout_job(job);
    let at = pos2(inner.left(), inner.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, palette.weak);
    label(ui, inner, &text, side, "totals");
}

/// Painted text, for those who hear it.
fn label(ui: &Ui, place: Rect, text: &str, side: Side, what: &str) {
    let response = ui.interact(place, Id::unique(("status", side, what)), Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(Role::Label, true, text));
}

/// What is wrong with the path that was typed: a card under it, at most as wide as `path`, over the rows, so that nothing moves.
fn error(ui: &Ui, path: Rect, side: Side, model: &Model, actions: &mut Actions) {
    let pane = model.pane(side);
    let Some(error) = pane.error.as_ref().filter(|_| pane.listing.is_some()) else { return };
    let palette = theme::palette(ui);
    Area::new(Id::unique(("path error", side)))
        .order(Order::Middle)
        .fixed_pos(path.left_bottom() + vec2(0.0, 4.0))
        .show(ui.ctx(), |ui| {
            Frame::new()
                .fill(palette.raised)
                .stroke(Stroke::new(1.0, palette.error))
                .corner_radius(theme::RADIUS)
                .shadow(ui.visuals().popup_shadow)
                .inner_margin(Margin::symmetric(10, 6))
                .show(ui, |ui| {
                    ui.horizontal_top(|ui| {
                        ui.label(RichText::new(icons::ERROR).font(icons::filled_font()).color(palette.error));
                        ui.vertical(|ui| {
                            ui.set_max_width((path.width() - 64.0).max(160.0));
                            ui.label(theme::strong(&error.text.what));
                            let rest = [&error.text.why, &error.text.advice];
                            for part in rest.into_iter().filter(|part| !part.is_empty()) {
                                ui.label(RichText::new(part).color(palette.weak));
                            }
                        });
                        let close = Button::new(RichText::new(icons::CLOSE).font(icons::font()))
                            .frame_when_inactive(false)
                            .small();
                        if ui.add(close).accessible_name(words::DISMISS).clicked() {
                            actions.push(Action::Pane(side, PaneAction::DismissError));
                        }
                    });
                });
        });
}
