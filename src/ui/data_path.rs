//! A picture of FTP's two connections: who connects to whom, on which ports. Drawn from what really happened in the
//! status bar, and from what would happen in the settings.

use std::net::SocketAddr;

use egui::accesskit::Role;
use egui::{Align2, FontId, Pos2, Rect, Response, Sense, Stroke, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::domain::{ControlPath, DataPath, Encryption, Mode};
use crate::ui::{icons, theme};

/// What the picture shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Picture {
    control: Ends,
    data: Option<(Mode, Ends)>,
    addresses: Option<(String, String)>,
    arranged_by: Option<&'static str>,
    /// Whether commands and data are encrypted; `None` = it is not about that.
    encrypted: Option<(bool, bool)>,
}

/// What stands beside the two ends of an arrow.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Ends {
    here: String,
    there: String,
}

impl Picture {
    /// What happened: the control connection, the data connection that was opened last, and how they are encrypted.
    pub(super) fn of(
        control: Option<ControlPath>,
        data: Option<&DataPath>,
        encryption: Option<&Encryption>,
    ) -> Option<Self> {
        let control = control.or_else(|| data.map(|data| data.control))?;
        let ports = |here: SocketAddr, there: SocketAddr| Ends { here: port(here), there: port(there) };
        Some(Self {
            control: ports(control.local, control.peer),
            data: data.map(|data| (data.mode, ports(data.local, data.peer))),
            addresses: Some((
                control.local.ip().to_canonical().to_string(),
                control.peer.ip().to_canonical().to_string(),
            )),
            arranged_by: data.map(|data| data.arranged_by),
            encrypted: Some(encryption.map_or((false, false), |encryption| (true, encryption.data))),
        })
    }

    /// What that mode means.
    pub(super) fn explaining(mode: Mode) -> Self {
        let any = || "any port".to_owned();
        Self {
            control: Ends { here: any(), there: "port 21".into() },
            data: Some((mode, Ends { here: any(), there: any() })),
            addresses: None,
            arranged_by: None,
            encrypted: None,
        }
    }

    /// The picture in words, for whoever cannot see it.
    pub(super) fn words(&self) -> String {
        let how = |encrypted: bool| if encrypted { ", encrypted" } else { ", in clear text" };
        let (commands, files) = self.encrypted.map_or(("", ""), |(commands, files)| (how(commands), how(files)));
        let data = match &self.data {
            None => "There was no data connection yet.".to_owned(),
            Some((Mode::Passive, ends)) => {
                format!("For data this computer connects to the server's {} (passive{files}).", ends.there)
            }
            Some((Mode::Active, ends)) => {
                format!("For data the server connects to this computer's {} (active{files}).", ends.here)
            }
        };
        format!("This computer connects to the server's {} for commands{commands}. {data}", self.control.there)
    }

    /// Draws it, as wide as asked for.
    pub(super) fn show(&self, ui: &mut Ui, width: f32) -> Response {
        let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, self.words()));
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect);
        }
        response
    }

    fn paint(&self, ui: &Ui, rect: Rect) {
        let look = theme::palette(ui);
        let box_width = (rect.width() * 0.3).clamp(104.0, 168.0);
        let here = Rect::from_min_size(rect.min, vec2(box_width, rect.height()));
        let there = Rect::from_min_size(pos2(rect.right() - box_width, rect.top()), here.size());
        let (control_y, data_y) = (rect.top() + 52.0, rect.top() + 84.0);
        for (place, title, address) in [
            (here, "This computer", self.addresses.as_ref().map(|(here, _)| here)),
            (there, "Server", self.addresses.as_ref().map(|(_, there)| there)),
        ] {
            let painter = ui.painter();
            painter.rect(place, 6.0, look.raised, Stroke::new(1.0, look.line), egui::StrokeKind::Inside);
            let middle = place.center().x;
            painter.text(
                pos2(middle, place.top() + 14.0),
                Align2::CENTER_CENTER,
                title,
                FontId::proportional(13.0),
                look.text,
            );
            if let Some(address) = address {
                let font = FontId::monospace(11.0);
                painter.text(pos2(middle, place.top() + 30.0), Align2::CENTER_CENTER, address, font, look.weak);
            }
        }
        let arrow = Arrow { from: here.right() + 6.0, to: there.left() - 6.0 };
        let inside = (here.right() - 10.0, there.left() + 10.0);
        let (commands, files) = self.encrypted.unzip();
        arrow.paint(ui, control_y, true, look.weak, ("commands", commands), inside, &self.control);
        match &self.data {
            Some((mode, ends)) => {
                let label = match self.arranged_by {
                    Some(verb) => format!("data ({verb})"),
                    None => "data".to_owned(),
                };
                arrow.paint(ui, data_y, *mode == Mode::Passive, look.accent, (&label, files), inside, ends);
            }
            None => {
                let middle = pos2(rect.center().x, data_y);
                let font = FontId::proportional(12.0);
                ui.painter().text(middle, Align2::CENTER_CENTER, "no data connection yet", font, look.weak);
            }
        }
    }
}

const HEIGHT: f32 = 104.0;

/// The space between the two boxes.
struct Arrow {
    from: f32,
    to: f32,
}

impl Arrow {
    #[expect(clippy::too_many_arguments, reason = "one arrow, drawn at two places of one picture")]
    fn paint(
        &self,
        ui: &Ui,
        y: f32,
        rightwards: bool,
        colour: egui::Color32,
        (label, encrypted): (&str, Option<bool>),
        inside: (f32, f32),
        ends: &Ends,
    ) {
        let painter = ui.painter();
        let (tail, head) = if rightwards { (self.from, self.to) } else { (self.to, self.from) };
        painter.line_segment([pos2(tail, y), pos2(head, y)], Stroke::new(1.5, colour));
        let back = if rightwards { -7.0 } else { 7.0 };
        let tip = Pos2::new(head, y);
        let wings = vec![tip, tip + Vec2::new(back, -4.0), tip + Vec2::new(back, 4.0)];
        painter.add(egui::Shape::convex_polygon(wings, colour, Stroke::NONE));
        let look = theme::palette(ui);
        // The lock belongs to the word: both together stand in the middle.
        let lock = if encrypted.is_some() { 16.0 } else { 0.0 };
        let above = pos2((self.from + self.to + lock) / 2.0, y - 3.0);
        let word = painter.text(above, Align2::CENTER_BOTTOM, label, FontId::proportional(12.0), look.text);
        if let Some(encrypted) = encrypted {
            let (icon, colour) = if encrypted { (icons::LOCK, look.ok) } else { (icons::LOCK_OPEN, look.warn) };
            let place = pos2(word.left() - lock / 2.0 - 1.0, word.center().y);
            painter.text(place, Align2::CENTER_CENTER, icon, FontId::new(13.0, theme::icons()), colour);
        }
        let font = FontId::proportional(11.0);
        painter.text(pos2(inside.0, y), Align2::RIGHT_CENTER, &ends.here, font.clone(), look.weak);
        painter.text(pos2(inside.1, y), Align2::LEFT_CENTER, &ends.there, font, look.weak);
    }
}

fn port(end: SocketAddr) -> String {
    format!("port {}", end.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(mode: Mode) -> DataPath {
        let end = |text: &str| text.parse().expect("an address");
        DataPath {
            mode,
            arranged_by: "EPSV",
            control: ControlPath { local: end("10.0.0.2:40000"), peer: end("10.0.0.1:2121") },
            local: end("10.0.0.2:40001"),
            peer: end("10.0.0.1:50000"),
        }
    }

    #[test]
    fn the_words_say_who_connects_to_whom() {
        let words = |mode, encryption| Picture::of(None, Some(&path(mode)), encryption).expect("a picture").words();
        let passive = words(Mode::Passive, None);
        assert!(passive.contains("connects to the server's port 2121 for commands, in clear text"), "{passive}");
        assert!(passive.contains("this computer connects to the server's port 50000 (passive, in"), "{passive}");
        let encryption = Encryption {
            version: "TLS 1.3".into(),
            cipher: String::new(),
            chain: Vec::new(),
            by_user: false,
            data: true,
        };
        let active = words(Mode::Active, Some(&encryption));
        assert!(active.contains("for commands, encrypted."), "{active}");
        assert!(active.contains("the server connects to this computer's port 40001 (active, encrypted)"), "{active}");
        let half = words(Mode::Passive, Some(&Encryption { data: false, ..encryption.clone() }));
        assert!(half.contains("commands, encrypted.") && half.contains("(passive, in clear text)"), "{half}");
        assert_eq!(Picture::of(None, None, None), None);
    }
}
