//! The picture drawn last, shared by everybody who looks.

use std::sync::Arc;

use tokio::sync::Mutex;
use tongban_node::clock;

use super::live::PACE;
use super::picture::{CityPicture, PictureSource, Unavailable};

/// The picture drawn last; it is drawn anew at most once a second, however many look.
#[derive(Debug)]
pub(super) struct Latest {
    source: Arc<dyn PictureSource>,
    drawn: Mutex<Option<(u64, Arc<CityPicture>)>>,
}

impl Latest {
    pub(super) fn new(source: Arc<dyn PictureSource>) -> Self {
        Self { source, drawn: Mutex::new(None) }
    }

    /// The city as it was less than a second ago.
    pub(super) async fn picture(&self) -> Result<Arc<CityPicture>, Unavailable> {
        // Held while the picture is drawn on purpose: whoever else asks waits for that one.
        let mut drawn = self.drawn.lock().await;
        let now = clock::steady_ms();
        if let Some((at, picture)) = &*drawn
            && u128::from(now.saturating_sub(*at)) < PACE.as_millis()
        {
            return Ok(picture.clone());
        }
        let picture = Arc::new(self.source.picture().await?);
        *drawn = Some((clock::steady_ms(), picture.clone()));
        Ok(picture)
    }
}
