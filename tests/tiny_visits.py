"""Settings of two small studies of the same women, visits and slides, with a run of every kind that reads visits."""

# To be put below `studies:`; both start from studies that are shipped.
STUDIES = """\
  tiles:
    extends: hybrid_tiles
    ingest: {tiles: {max_tiles: 2}}
    synthetic: {cohort_of: women, fields_per_class: {SCC: 20, AC: 28}, samples_per_field: 2}
    protocols: {by_patient: {folds: 2}}
    runs: {control_stain: null}
    evaluate: {bootstrap: 100}
  women:
    extends: vgg_lstm_hybrid
    ingest: {max_refused: 0.3, visits: {linked: tiles}}
    synthetic: {visits: {patients: 3000}}
    protocols:
      by_patient: null
      published: {kind: holdout, fractions: [0.5, 0.25, 0.25], by: sample, role: as_published}
    train: {epochs: 5, batch_size: 8}
    runs:
      joint: {images: {study: tiles}, epochs: 3}
      visits_alone: {epochs: 3}
      images_alone: null
      stacked: {runs: [visits_alone, lstm]}
      last_visit: {kind: visit_baseline, model: logistic, features: last_visit}
      boosting: {kind: visit_baseline, model: boosting, features: summaries}
      lstm: {kind: recurrent, hidden: 8, dropout: 0.3}
      lstm_calibrated: {kind: calibrated, source: lstm}
      asks: {kind: active_learning, learner: lstm, strategy: bald, start: 4, batch: 2, rounds: 2}
    evaluate: {bootstrap: 100, reference: lstm, headline: macro_auc}
    explain: {runs: [lstm], images: 2}
"""
