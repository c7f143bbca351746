//! The tree of folders and sites: select, open, drag to move, context menu, keys.

use egui::accesskit::Role;
use egui::{
    Align, Align2, CursorIcon, DragAndDrop, EventFilter, FontId, Id, Key, Popup, Rect, Response, ScrollArea, Sense,
    Stroke, Ui, WidgetInfo, pos2, vec2,
};

use crate::app::forms::site_drafts::SiteDrafts;
use crate::app::words;
use crate::store::sitebook::{Node, NodeId, Spot};
use crate::ui::dialogs::parts::painted;
use crate::ui::{icons, theme};

/// What the tree was asked for, about what is selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    Connect,
    NewSite,
    NewFolder,
    Duplicate,
    Rename,
    Delete,
}

/// A row as it is shown.
struct Line {
    id: NodeId,
    depth: u8,
    name: String,
    /// `Some(open)` for a folder.
    folder: Option<bool>,
    mark: Option<crate::domain::SiteColour>,
    changed: bool,
}

const ROW: f32 = 28.0;
const INDENT: f32 = 16.0;

pub(super) fn show(ui: &mut Ui, drafts: &mut SiteDrafts, search: &str, height: f32) -> Option<Ask> {
    let lines = lines(drafts, search);
    let mut asked = None;
    let mut moved = None;
    let scroll = ScrollArea::vertical()
        .id_salt("sites")
        .auto_shrink([false, false])
        .min_scrolled_height(height)
        .max_height(height);
    scroll.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        if lines.is_empty() && !search.is_empty() {
            let look = theme::palette(ui);
            ui.add_space(8.0);
            ui.label(egui::RichText::new("No site fits the search.").color(look.weak));
        }
        for line in &lines {
            let response = row(ui, line, drafts.selected == Some(line.id));
            react(ui, &response, line, drafts, &mut asked, &mut moved);
        }
        // The rest of the list: a drop there goes to the end.
        let rest = vec2(ui.available_width(), ui.available_height().clamp(0.0, height));
        let response = ui.allocate_response(rest, Sense::hover());
        if let Some(dropped) = response.dnd_release_payload::<NodeId>() {
            moved = Some((*dropped, Spot::End));
        }
    });
    if let Some((id, spot)) = moved {
        drafts.book.move_to(id, spot);
    }
    asked.or_else(|| keys(ui, drafts, &lines))
}

fn lines(drafts: &SiteDrafts, search: &str) -> Vec<Line> {
    fn add(
        items: &[Node],
        depth: u8,
        drafts: &SiteDrafts,
        shown: Option<&std::collections::HashSet<NodeId>>,
        out: &mut Vec<Line>,
    ) {
        for node in items {
            let id = node.id();
            if shown.is_some_and(|shown| !shown.contains(&id)) {
                continue;
            }
            let (folder, mark) = match node {
                // While searching everything found is in sight.
                Node::Folder(folder) => (Some(folder.open || shown.is_some()), None),
                Node::Site(site) => (None, Some(site.colour)),
            };
            let changed = folder.is_none() && drafts.is_site_changed(id);
            out.push(Line { id, depth, name: drafts.name(node), folder, mark, changed });
            if folder == Some(true) {
                add(node.items(), depth.saturating_add(1), drafts, shown, out);
            }
        }
    }
    let shown = (!search.trim().is_empty()).then(|| drafts.book.search(search));
    let mut lines = Vec::new();
    add(&drafts.book.items, 0, drafts, shown.as_ref(), &mut lines);
    lines
}

fn row(ui: &mut Ui, line: &Line, selected: bool) -> Response {
    let look = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let response = ui.interact(rect, row_id(line.id), Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, selected, &line.name));
    let fill = match (selected, response.hovered()) {
        (true, _) => look.selection,
        (false, true) => look.hover,
        _ => egui::Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, 4.0, fill);
    let x = rect.left() + 4.0 + INDENT * f32::from(line.depth);
    let at = |x: f32| pos2(x, rect.center().y);
    let icon = |ui: &Ui, icon: char, x: f32, colour| {
        ui.painter().text(at(x), Align2::LEFT_CENTER, icon, icons::font(), colour);
    };
    let text = if selected { look.on_selection } else { look.text };
    let weak = if selected { look.on_selection } else { look.weak };
    if let Some(open) = line.folder {
        icon(ui, if open { icons::CARET_DOWN } else { icons::CARET_RIGHT }, x, weak);
        let colour = if selected { look.on_selection } else { look.folder };
        ui.painter().text(at(x + 16.0), Align2::LEFT_CENTER, icons::FOLDER, icons::filled_font(), colour);
    } else {
        icon(ui, icons::SERVER, x + 16.0, weak);
    }
    let mut right = rect.right() - 6.0;
    if let Some(colour) = line.mark.and_then(|mark| theme::mark(ui, mark)) {
        ui.painter().circle_filled(pos2(right - 4.0, rect.center().y), 4.0, colour);
        right -= 16.0;
    }
    if line.changed {
        // An asterisk is what everyone knows for "not saved".
        ui.painter().text(
            pos2(right - 4.0, rect.center().y),
            Align2::CENTER_CENTER,
            "*",
            FontId::proportional(14.0),
            weak,
        );
        right -= 12.0;
    }
    let left = x + 38.0;
    let mut place = ui.new_child(
        egui::UiBuilder::new().max_rect(Rect::from_min_max(pos2(left, rect.top()), pos2(right, rect.bottom()))),
    );
    painted(&mut place, &line.name, 13.5, text, right - left, Align::Min);
    response
}

fn react(
    ui: &Ui,
    response: &Response,
    line: &Line,
    drafts: &mut SiteDrafts,
    asked: &mut Option<Ask>,
    moved: &mut Option<(NodeId, Spot)>,
) {
    let at_chevron = response
        .interact_pointer_pos()
        .is_some_and(|pos| pos.x < response.rect.left() + 24.0 + INDENT * f32::from(line.depth));
    if response.clicked() || response.secondary_clicked() || response.drag_started() {
        drafts.selected = Some(line.id);
        response.request_focus();
    }
    if line.folder.is_some() && (response.double_clicked() || (response.clicked() && at_chevron)) {
        toggle(drafts, line.id);
    } else if response.double_clicked() {
        *asked = Some(Ask::Connect);
    }
    response.dnd_set_drag_payload(line.id);
    if response.dragged() {
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
    }
    // Above the middle: before it. Below: behind it, or into a folder.
    let spot = |pos: egui::Pos2| {
        let part = (pos.y - response.rect.top()) / response.rect.height();
        match line.folder {
            Some(_) if part > 0.25 => Spot::Into(line.id),
            None if part > 0.5 => Spot::After(line.id),
            _ => Spot::Before(line.id),
        }
    };
    let pointer = ui.ctx().pointer_interact_pos();
    if let (Some(dragged), Some(pos)) = (response.dnd_hover_payload::<NodeId>(), pointer)
        && *dragged != line.id
    {
        let look = theme::palette(ui);
        let stroke = Stroke::new(2.0, look.accent);
        match spot(pos) {
            Spot::Into(_) => {
                ui.painter().rect_stroke(response.rect, 4.0, stroke, egui::StrokeKind::Inside);
            }
            Spot::After(_) => {
                ui.painter().hline(response.rect.x_range(), response.rect.bottom(), stroke);
            }
            _ => {
                ui.painter().hline(response.rect.x_range(), response.rect.top(), stroke);
            }
        }
    }
    if let (Some(dropped), Some(pos)) = (response.dnd_release_payload::<NodeId>(), pointer)
        && *dropped != line.id
    {
        *moved = Some((*dropped, spot(pos)));
    }
    Popup::context_menu(response).show(|ui| menu(ui, line, drafts, asked, moved));
}

fn menu(ui: &mut Ui, line: &Line, drafts: &SiteDrafts, asked: &mut Option<Ask>, moved: &mut Option<(NodeId, Spot)>) {
    ui.set_min_width(168.0);
    let mut entry = |ui: &mut Ui, text: &str, ask: Ask| {
        if ui.button(text).clicked() {
            *asked = Some(ask);
            ui.close();
        }
    };
    if line.folder.is_none() {
        entry(ui, "Connect", Ask::Connect);
        ui.separator();
    }
    entry(ui, "New site", Ask::NewSite);
    entry(ui, words::NEW_FOLDER, Ask::NewFolder);
    entry(ui, "Duplicate", Ask::Duplicate);
    entry(ui, words::RENAME, Ask::Rename);
    ui.menu_button("Move to", |ui| {
        let mut to = |ui: &mut Ui, text: &str, spot: Spot| {
            if ui.button(text).clicked() {
                *moved = Some((line.id, spot));
                ui.close();
            }
        };
        to(ui, "Top level", Spot::End);
        for folder in drafts.book.folders() {
            let id = NodeId(folder.id);
            let above = drafts.book.path_to(id).unwrap_or_default();
            let inside = id == line.id || above.iter().any(|folder| folder.id == line.id.0);
            if !inside {
                let path: Vec<&str> = above.iter().map(|f| f.name.as_str()).chain([folder.name.as_str()]).collect();
                to(ui, &path.join(" / "), Spot::Into(id));
            }
        }
    });
    ui.separator();
    entry(ui, words::DELETE, Ask::Delete);
}

/// Arrow keys, F2, Del and Enter, while the selected row has the keys.
fn keys(ui: &Ui, drafts: &mut SiteDrafts, lines: &[Line]) -> Option<Ask> {
    let at = lines.iter().position(|line| drafts.selected == Some(line.id))?;
    let own = row_id(lines[at].id);
    if DragAndDrop::has_any_payload(ui.ctx()) || !ui.memory(|memory| memory.has_focus(own)) {
        return None;
    }
    // Else egui takes the arrows to walk to the next widget.
    let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(own, arrows));
    let pressed = |key: Key| ui.input(|input| input.key_pressed(key) && input.modifiers.is_none());
    let go = |drafts: &mut SiteDrafts, to: usize| {
        if let Some(line) = lines.get(to) {
            drafts.selected = Some(line.id);
            ui.memory_mut(|memory| memory.request_focus(row_id(line.id)));
        }
    };
    if pressed(Key::ArrowDown) {
        go(drafts, at + 1);
    } else if pressed(Key::ArrowUp) {
        go(drafts, at.saturating_sub(1));
    } else if let Some(open) = lines[at].folder {
        if pressed(Key::Enter) || (pressed(Key::ArrowRight) && !open) || (pressed(Key::ArrowLeft) && open) {
            toggle(drafts, lines[at].id);
        }
    } else if pressed(Key::Enter) {
        return Some(Ask::Connect);
    }
    if pressed(Key::F2) {
        return Some(Ask::Rename);
    }
    pressed(Key::Delete).then_some(Ask::Delete)
}

/// The same wherever the row is: a moved site keeps the keys.
fn row_id(id: NodeId) -> Id {
    Id::unique(("site", id))
}

fn toggle(drafts: &mut SiteDrafts, id: NodeId) {
    if let Some(Node::Folder(folder)) = drafts.book.node_mut(id) {
        folder.open = !folder.open;
    }
}
