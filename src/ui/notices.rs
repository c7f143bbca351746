//! Notices: cards in the corner that go away by themselves.

use egui::{Align2, Area, Button, Frame, Id, Margin, Order, RichText, Stroke, Ui, Vec2};

use crate::app::{Action, Actions, Model, Severity};

use crate::ui::{icons, theme, words};

const WIDTH: f32 = 360.0;

pub(super) fn show(ui: &mut Ui, model: &Model, actions: &mut Actions) {
    if model.notices.is_empty() {
        return;
    }
    let palette = theme::palette(ui);
    Area::new(Id::unique("notices"))
        .order(Order::Foreground)
        .anchor(Align2::RIGHT_BOTTOM, Vec2::new(-16.0, -(theme::LINE * 2.0 + 16.0)))
        .show(ui.ctx(), |ui| {
            ui.spacing_mut().item_spacing.y = theme::PAD;
            for notice in &model.notices {
                let (icon, colour) = match notice.severity {
                    Severity::Info => (icons::INFO, palette.accent),
                    Severity::Error => (icons::ERROR, palette.error),
                };
                Frame::new()
                    .fill(palette.raised)
                    .stroke(Stroke::new(1.0, palette.line))
                    .corner_radius(theme::WINDOW_RADIUS)
                    .shadow(ui.visuals().popup_shadow)
                    .inner_margin(Margin::same(12))
                    .show(ui, |ui| {
                        ui.set_width(WIDTH);
                        ui.horizontal_top(|ui| {
                            ui.label(RichText::new(icon).font(icons::filled_font()).color(colour));
                            ui.vertical(|ui| {
                                ui.set_width(WIDTH - 64.0);
                                ui.label(theme::strong(&notice.text.what));
                                for part in [&notice.text.why, &notice.text.advice] {
                                    if !part.is_empty() {
                                        ui.label(RichText::new(part).color(palette.weak));
                                    }
                                }
                            });
                            let close = Button::new(RichText::new(icons::CLOSE).font(icons::font()))
                                .frame_when_inactive(false)
                                .small();
                            if ui.add(close).accessible_name(words::DISMISS).clicked() {
                                actions.push(Action::DismissNotice(notice.id));
                            }
                        });
                    });
            }
        });
}
