//! Quick connect: four inputs and a button. Nothing of it is saved.

use std::sync::Arc;

use egui::{Button, Id, Key, RichText, TextEdit, Ui, Vec2};

use crate::app::{Action, Actions, Field, Icon, Model, quick};
use crate::domain::Secret;

use crate::ui::{icons, keys, theme, words};

/// What is typed.
#[derive(Default)]
pub(super) struct QuickConnect {
    host: String,
    port: String,
    user: String,
    password: String,
    wrong: Option<&'static str>,
}

impl QuickConnect {
    pub(super) fn show(&mut self, ui: &mut Ui, _model: &Model, actions: &mut Actions) {
        let narrow = ui.available_width() < 960.0;
        let before = (self.host.len(), self.port.len());
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = theme::PAD;
            let host = if narrow { 200.0 } else { 280.0 };
            let name = if narrow { 128.0 } else { 160.0 };
            let mut entered = false;
            let mut input = |ui: &mut Ui, text: &mut String, word: &'static str, width: f32, id: Option<Id>| {
                let edit = TextEdit::singleline(text)
                    .hint_text(word)
                    .password(word == words::PASSWORD)
                    .min_size(Vec2::new(0.0, theme::CONTROL))
                    .align(egui::Align2::LEFT_CENTER)
                    .margin(egui::Margin::symmetric(8, 4))
                    .desired_width(width);
                let edit = match id {
                    Some(id) => edit.id(id),
                    None => edit.id_salt(word),
                };
                let response = ui.add(edit).accessible_name(word);
                entered |= response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            };
            input(ui, &mut self.host, words::HOST, host, Some(keys::id(Field::Host)));
            input(ui, &mut self.port, words::PORT, 56.0, None);
            input(ui, &mut self.user, words::USER, name, None);
            input(ui, &mut self.password, words::PASSWORD, name, None);
            let icon = icons::text(icons::of(Icon::Connect));
            let button = Button::new((icon, words::QUICK_CONNECT)).gap(6.0).min_size(Vec2::new(0.0, theme::CONTROL));
            entered |= ui.add(button).accessible_name(words::QUICK_CONNECT).clicked();
            if entered {
                self.connect(actions);
            }
            if before != (self.host.len(), self.port.len()) {
                self.wrong = None;
            }
            if let Some(wrong) = self.wrong {
                let palette = theme::palette(ui);
                ui.label(RichText::new(icons::WARNING).color(palette.warn).font(icons::font()));
                ui.label(RichText::new(wrong).size(theme::SMALL));
            }
        });
    }

    fn connect(&mut self, actions: &mut Actions) {
        match quick::site(&self.host, &self.port, &self.user, &self.password) {
            Ok((site, secret)) => {
                self.wrong = None;
                // Wiped where it was typed; the connection keeps it for Reconnect.
                drop(Secret::new(std::mem::take(&mut self.password)));
                actions.push(Action::Connect { site: Arc::new(site), secret });
            }
            Err(wrong) => {
                self.wrong = Some(wrong);
                actions.push(Action::FocusQuickConnect);
            }
        }
    }
}
