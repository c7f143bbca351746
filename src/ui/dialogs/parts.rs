//! What all dialogs are made of: a frame with a title, a row of buttons, labelled fields on one axis.

use egui::text::{CCursor, CCursorRange};
use egui::{
    Align, Button, Frame, Id, Key, Label, Layout, Margin, Modal, Modifiers, Response, RichText, ScrollArea, Sense,
    TextEdit, Ui, UiKind, vec2,
};

use crate::ui::icons;
use crate::ui::theme;
use crate::ui::theme::CONTROL;

/// Space inside of a dialog, at its edges.
const PADDING: i8 = 20;
/// Where fields begin, right of their labels.
pub(super) const LABEL_WIDTH: f32 = 128.0;

/// What became of a dialog in this frame.
pub(super) struct Shown<R> {
    /// What the contents returned.
    pub(super) inner: R,
    /// Esc was pressed, and meant this dialog.
    pub(super) escaped: bool,
}

/// A modal dialog of that title, which is its accessible name too.
pub(super) fn modal<R>(ui: &Ui, title: &str, width: f32, add: impl FnOnce(&mut Ui) -> R) -> Shown<R> {
    modal_under(ui, title, width, |ui| heading(ui, title), add)
}

/// The same where another title than the accessible name is painted.
pub(super) fn modal_under<R>(
    ui: &Ui,
    title: &str,
    width: f32,
    head: impl FnOnce(&mut Ui),
    add: impl FnOnce(&mut Ui) -> R,
) -> Shown<R> {
    let ctx = ui.ctx();
    let id = Id::unique(("dialog", title));
    let look = theme::palette(ui);
    let area = Modal::default_area(id).accessible_name(title);
    let frame = Frame::popup(ui.style()).inner_margin(Margin::same(PADDING)).fill(look.raised);
    let response = Modal::new(id).area(area).frame(frame).backdrop_color(look.dim).show(ctx, |ui| {
        let room = ctx.content_rect().width() - 2.0 * f32::from(PADDING) - 24.0;
        ui.set_width(width.min(room));
        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
        head(ui);
        let dialog = node(ui, UiKind::Modal);
        (add(ui), dialog)
    });
    place(ctx, response.inner.1, title, response.response.rect);
    crate::ui::dialogs::Veil::covers(ctx, id);
    let escaped = response.is_top_modal
        && !response.any_popup_open
        && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape));
    Shown { inner: response.inner.0, escaped }
}

/// The accessibility node of the dialog around `ui`.
pub(super) fn node(ui: &Ui, kind: UiKind) -> Option<Id> {
    ui.stack().iter().find(|above| above.kind() == Some(kind)).map(|above| above.unique_id)
}

/// Gives a dialog's node its name, and its place: a container has none of its own, and whoever looks for it needs one.
pub(super) fn place(ctx: &egui::Context, dialog: Option<Id>, title: &str, rect: egui::Rect) {
    if let Some(dialog) = dialog {
        ctx.accesskit_node_builder(dialog, |node| {
            node.set_label(title);
            node.set_bounds(crate::ui::accessibility::bounds(rect));
        });
    }
}

/// The title. Painted, not a label: the dialog itself carries the name.
pub(super) fn heading(ui: &mut Ui, title: &str) {
    let look = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
    let font = egui::FontId::new(16.0, theme::medium());
    ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, title, font, look.text);
    ui.add_space(8.0);
}

/// A title with a warning before it. A loud one says what is badly wrong, and is read out; the other is the dialog's name
/// again, and only painted.
pub(super) fn alarm(ui: &mut Ui, title: &str, loud: bool) {
    let look = theme::palette(ui);
    let text = egui::FontId::new(16.0, theme::medium());
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(20.0, 24.0), Sense::hover());
        let font = egui::FontId::new(20.0, theme::icons_filled());
        let colour = if loud { look.error } else { look.warn };
        ui.painter().text(rect.center(), egui::Align2::CENTER_CENTER, icons::WARNING, font, colour);
        if loud {
            ui.add(Label::new(RichText::new(title).font(text).color(look.text)).wrap());
        } else {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
            ui.painter().text(rect.left_center(), egui::Align2::LEFT_CENTER, title, text, look.text);
        }
    });
    ui.add_space(4.0);
}

/// A small section title.
pub(super) fn section(ui: &mut Ui, title: &str) {
    ui.add_space(8.0);
    let text = theme::title(ui, &title.to_uppercase());
    ui.add(Label::new(text));
}

/// A tab above a form; `marked` = something in it is wrong.
pub(super) fn tab(ui: &mut Ui, text: &str, selected: bool, marked: bool) -> Response {
    let look = theme::palette(ui);
    let colour = if selected { look.text } else { look.weak };
    let galley = ui.painter().layout_no_wrap(text.to_owned(), egui::FontId::proportional(theme::TEXT), colour);
    let mark = if marked { 12.0 } else { 0.0 };
    let size = vec2(galley.size().x + 20.0 + mark, 32.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| egui::WidgetInfo::selected(egui::accesskit::Role::Tab, true, selected, text));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect.shrink2(vec2(0.0, 3.0)), f32::from(theme::RADIUS), look.hover);
    }
    if marked {
        let place = egui::pos2(rect.left() + 13.0, rect.center().y);
        ui.painter().circle_filled(place, 3.0, look.error);
    }
    let at = egui::pos2(rect.left() + 10.0 + mark, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, colour);
    if selected {
        let (left, right) = (rect.left() + 8.0, rect.right() - 8.0);
        let line = egui::Rect::from_min_max(egui::pos2(left, rect.bottom() - 2.0), egui::pos2(right, rect.bottom()));
        ui.painter().rect_filled(line, 1.0, look.accent);
    }
    response
}

/// The tabs above a form, with a line below them; those in which something is wrong are marked.
pub(super) fn tab_line<T: Copy + PartialEq>(ui: &mut Ui, tabs: &[(T, &str, bool)], chosen: &mut T) {
    let line = ui
        .horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            for (which, text, wrong) in tabs {
                if tab(ui, text, *chosen == *which, *wrong).clicked() {
                    *chosen = *which;
                }
            }
        })
        .response
        .rect;
    let look = theme::palette(ui);
    ui.painter().hline(ui.max_rect().x_range(), line.bottom(), egui::Stroke::new(1.0, look.line));
    ui.add_space(4.0);
}

/// One page of several, all of the same height, which scrolls where the window is too low for it. `rest` is the height of
/// what stays in sight.
pub(super) fn page(
    ui: &mut Ui,
    id: impl std::hash::Hash + std::fmt::Debug,
    rest: f32,
    height: f32,
    add: impl FnOnce(&mut Ui),
) {
    let height = (ui.ctx().content_rect().height() - rest).clamp(160.0, height);
    let area = ScrollArea::vertical().id_salt(id).max_height(height).min_scrolled_height(height).auto_shrink(false);
    area.show(ui, |ui| {
        // Room for the scroll bar, so that it never lies on a field.
        ui.set_width(ui.available_width() - 12.0);
        add(ui);
    });
}

/// The row of buttons at a dialog's end: the first one added is the outermost on the right.
pub(super) fn footer(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.add_space(8.0);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), CONTROL), Layout::right_to_left(Align::Center), add);
}

/// The button that Enter presses.
pub(super) fn primary(ui: &mut Ui, text: &str, enabled: bool) -> Response {
    let look = theme::palette(ui);
    let text = if enabled { RichText::new(text).color(look.on_accent) } else { RichText::new(text) };
    let button = Button::new(text).min_size(vec2(88.0, CONTROL));
    ui.add_enabled(enabled, if enabled { button.fill(look.accent) } else { button })
}

/// Any other button.
pub(super) fn plain(ui: &mut Ui, text: &str) -> Response {
    ui.add(Button::new(text).min_size(vec2(88.0, CONTROL)))
}

/// A button that destroys something.
pub(super) fn danger(ui: &mut Ui, text: &str) -> Response {
    let look = theme::palette(ui);
    ui.add(Button::new(RichText::new(text).color(look.on_accent)).fill(look.error).min_size(vec2(88.0, CONTROL)))
}

/// A label, and at a fixed distance right of it the field that it names.
pub(super) fn field(ui: &mut Ui, label: &str, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    ui.horizontal(|ui| {
        let name = label_cell(ui, label);
        add(ui).labelled_by(name.id)
    })
    .inner
}

/// The left column of a form.
pub(super) fn label_cell(ui: &mut Ui, label: &str) -> Response {
    let look = theme::palette(ui);
    let size = vec2(LABEL_WIDTH, ui.available_height().min(CONTROL));
    ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
        ui.set_min_size(size);
        ui.add(Label::new(RichText::new(label).color(look.text)).truncate())
    })
    .inner
}

/// A line of help below a field, on the fields' axis; what is wrong takes its place, so that nothing jumps.
pub(super) fn hint(ui: &mut Ui, hint: &str, problem: Option<&str>) {
    ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 16.0;
        ui.horizontal(|ui| {
            ui.add_space(LABEL_WIDTH + ui.spacing().item_spacing.x);
            note(ui, hint, problem);
        });
    });
}

/// Small text: help, or what is wrong.
pub(super) fn note(ui: &mut Ui, hint: &str, problem: Option<&str>) {
    let look = theme::palette(ui);
    let (text, colour) = match problem {
        Some(problem) => (problem, look.error),
        None => (hint, look.weak),
    };
    ui.add(Label::new(RichText::new(text).size(12.0).color(colour)).wrap());
}

/// A single line of text of that width; `problem` tints its edge.
pub(super) fn input(ui: &mut Ui, text: &mut dyn egui::TextBuffer, width: f32, problem: bool) -> Response {
    text_edit(ui, TextEdit::singleline(text), width, problem)
}

/// The same with what the caller set up.
pub(super) fn text_edit(ui: &mut Ui, edit: TextEdit<'_>, width: f32, problem: bool) -> Response {
    let response = ui.add(
        edit.desired_width(width)
            .margin(Margin::symmetric(8, 5))
            .align(egui::Align2::LEFT_CENTER)
            .min_size(vec2(0.0, CONTROL)),
    );
    if problem {
        let look = theme::palette(ui);
        let stroke = egui::Stroke::new(1.0, look.error);
        ui.painter().rect_stroke(response.rect, 4.0, stroke, egui::StrokeKind::Inside);
    }
    response
}

/// Text without a node of its own in the accessibility tree, cut to the width with `…`: for rows that carry one name.
pub(crate) fn painted(ui: &mut Ui, text: &str, size: f32, colour: egui::Color32, width: f32, align: Align) {
    let (rect, _) = ui.allocate_exact_size(vec2(width.max(0.0), ui.available_height().min(CONTROL)), Sense::hover());
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), egui::FontId::proportional(size), colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width());
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    let x = match align {
        Align::Min => rect.left(),
        Align::Center => rect.center().x - galley.size().x / 2.0,
        Align::Max => rect.right() - galley.size().x,
    };
    ui.painter().galley(egui::pos2(x, rect.center().y - galley.size().y / 2.0), galley, colour);
}

/// Puts the cursor into a field, once, with that part of its text selected (in characters).
pub(super) fn focus_and_select(field: &Response, from: usize, to: usize) {
    let ctx = &field.ctx;
    field.request_focus();
    let mut state = TextEdit::load_state(ctx, field.id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::two(CCursor::new(from), CCursor::new(to))));
    TextEdit::store_state(ctx, field.id, state);
}

/// What a dialog scrolls when the window is too low for it; `rest` is the height of what stays in sight.
pub(super) fn scrolled(ui: &mut Ui, rest: f32, add: impl FnOnce(&mut Ui)) {
    let most = (ui.ctx().content_rect().height() - rest).max(160.0);
    let id = ui.unique_id().with("overflows");
    let overflows: bool = ui.data(|data| data.get_temp(id)).unwrap_or(true);
    let area = ScrollArea::vertical().max_height(most).min_scrolled_height(most).auto_shrink([false, true]);
    let out = area.show(ui, |ui| {
        // Room for the scroll bar, where there is one, so that it never lies on a field.
        ui.set_width(ui.available_width() - if overflows { 12.0 } else { 0.0 });
        add(ui);
    });
    let now = out.content_size.y > out.inner_rect.height() + 0.5;
    if now != overflows {
        ui.data_mut(|data| data.insert_temp(id, now));
        ui.ctx().request_repaint();
    }
}

/// A list that scrolls when it is higher than that.
pub(super) fn scrolled_to(ui: &mut Ui, most: f32, add: impl FnOnce(&mut Ui)) {
    ScrollArea::vertical().max_height(most).auto_shrink([false, true]).show(ui, |ui| {
        ui.set_width(ui.available_width() - 12.0);
        add(ui);
    });
}

/// Whether Enter was pressed in a single-line field.
pub(super) fn entered(field: &Response) -> bool {
    field.lost_focus() && field.ctx.input(|input| input.key_pressed(Key::Enter))
}
