//! The toolbar: the commands that concern the connection, the name of the site, and what is shown.

use egui::{Align, Layout, Rect, Ui, Vec2};

use crate::app::{Action, Actions, Link, Model};

use crate::ui::{menu, theme};

pub(super) fn show(ui: &mut Ui, model: &Model, actions: &mut Actions) {
    let bar = ui.max_rect();
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = theme::GAP;
        menu::text_button(ui, model, Action::OpenSiteManager, actions);
        gap(ui);
        menu::icon_button(ui, model, Action::Disconnect, actions);
        menu::icon_button(ui, model, Action::Reconnect, actions);
        gap(ui);
        menu::icon_button(ui, model, Action::Refresh, actions);
        menu::icon_button(ui, model, Action::Cancel, actions);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            menu::icon_button(ui, model, Action::OpenSettings, actions);
            gap(ui);
            let window = &model.settings.window;
            menu::toggle(ui, model, Action::ToggleLog, window.log_open, actions);
            menu::toggle(ui, model, Action::ToggleQueue, window.queue_open, actions);
            menu::toggle(ui, model, Action::ToggleHidden, model.settings.show_hidden, actions);
        });
    });
    site(ui, bar, model);
}

/// The site in the middle, with its mark.
fn site(ui: &mut Ui, bar: Rect, model: &Model) {
    let (Some(site), Link::Ready | Link::Connecting(_)) = (&model.connection.site, &model.connection.link) else {
        return;
    };
    let middle = Rect::from_center_size(bar.center(), Vec2::new(bar.width() * 0.36, bar.height()));
    let palette = theme::palette(ui);
    let mark = theme::mark(ui, site.colour);
    let font = egui::FontId::new(theme::TEXT, theme::medium());
    let job = elided(site.title(), font, palette.text, middle.width() - 24.0);
    let galley = ui.painter().layout_job(job);
    let width = galley.size().x + if mark.is_some() { 16.0 } else { 0.0 };
    let mut at = middle.center() - Vec2::new(width, galley.size().y) / 2.0;
    if let Some(mark) = mark {
        ui.painter().circle_filled(egui::pos2(at.x + 4.0, middle.center().y), 4.0, mark);
        at.x += 16.0;
    }
    ui.painter().galley(at, galley, palette.text);
}

fn gap(ui: &mut Ui) {
    ui.add_space(theme::PAD);
}

/// One line of text that ends in `…` where it does not fit.
pub(super) fn elided(text: &str, font: egui::FontId, colour: egui::Color32, width: f32) -> egui::text::LayoutJob {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, colour);
    job.wrap = egui::text::TextWrapping {
        max_width: width.max(0.0),
        ..egui::text::TextWrapping::truncate_at_width(width.max(0.0))
    };
    job
}
