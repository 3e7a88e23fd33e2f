package org.dure.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.dure.core.DureException;
import org.dure.core.Settings;
import org.junit.jupiter.api.Test;

class TrainingConfigTest {
  private static TrainingConfig config(Schedule schedule) {
    return new TrainingConfig(
        1,
        16,
        128,
        110,
        new TrainingConfig.Rate(1.0, schedule, 10, 0.1),
        new TrainingConfig.Update(0.1, 0.95, 1, 0));
  }

  @Test
  void theLearningRateRisesOnceToThePeakAndEndsAtTheFloor() {
    for (Schedule schedule : Schedule.values()) {
      TrainingConfig config = config(schedule);
      for (int step = 1; step <= 10; step++) {
        assertThat(config.learningRate(step)).isCloseTo(step / 11.0, within(1e-12));
      }
      assertThat(config.learningRate(11)).isEqualTo(1.0);
      for (int step = 12; step <= 200; step++) {
        assertThat(config.learningRate(step)).isLessThanOrEqualTo(config.learningRate(step - 1));
      }
      assertThat(config.learningRate(111)).isCloseTo(0.1, within(1e-12));
      assertThat(config.learningRate(Long.MAX_VALUE)).isCloseTo(0.1, within(1e-12));
    }
  }

  @Test
  void stableDecayHoldsThePeakForFourFifths() {
    TrainingConfig config = config(Schedule.STABLE_DECAY);
    assertThat(config.learningRate(90)).isEqualTo(1.0);
    assertThat(config.learningRate(101)).isCloseTo(0.55, within(1e-9));
  }

  @Test
  void cosineIsHalfWayInTheMiddle() {
    assertThat(config(Schedule.COSINE).learningRate(61)).isCloseTo(0.55, within(1e-9));
  }

  @Test
  void everySettingIsRead() {
    Settings settings =
        Settings.parse(
            "study.toml",
            """
            seed = -3
            [training]
            batch = 2
            length = 64
            total-steps = 40
            learning-rate = 0.5
            schedule = "stable-decay"
            warm-up-steps = 4
            floor = 0.2
            weight-decay = 0.3
            second-beta = 0.9
            clip = 2.0
            dropout = 0.2
            """);
    TrainingConfig config = TrainingConfig.of(settings);
    settings.finish();
    assertThat(config)
        .isEqualTo(
            new TrainingConfig(
                -3,
                2,
                64,
                40,
                new TrainingConfig.Rate(0.5, Schedule.STABLE_DECAY, 4, 0.2),
                new TrainingConfig.Update(0.3, 0.9, 2.0, 0.2)));
    assertThat(config.tokensPerStep()).isEqualTo(128);
  }

  @Test
  void defaultsAreTheRecipe() {
    Settings settings = Settings.parse("study.toml", "");
    assertThat(TrainingConfig.of(settings)).isEqualTo(TrainingConfig.of(1, 4, 128, 560));
    settings.finish();
  }

  @Test
  void allWrongSettingsAreReportedTogether() {
    Settings settings =
        Settings.parse(
            "study.toml", "[training]\nbatch = 0\nschedule = \"cosin\"\nlearning-rate = \"x\"\n");
    TrainingConfig.of(settings);
    assertThatThrownBy(settings::finish)
        .hasMessageContaining("training.batch")
        .hasMessageContaining("did you mean cosine")
        .hasMessageContaining("training.learning-rate");
  }

  @Test
  void valuesOutOfRangeAreRefused() {
    assertThatThrownBy(() -> TrainingConfig.of(1, 0, 1, 1)).isInstanceOf(DureException.class);
    assertThatThrownBy(
            () ->
                new TrainingConfig(
                    1,
                    1,
                    1,
                    1,
                    new TrainingConfig.Rate(Double.NaN, Schedule.COSINE, 0, 0.1),
                    new TrainingConfig.Update(0.1, 0.99, 1, 0)))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("learning rate");
    assertThatThrownBy(() -> new TrainingConfig.Update(0.1, 0.99, 1, 0.91))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("dropout");
  }
}
