package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ModelConfigTest {
  @Test
  void parametersAreCountedAsTheyAre() {
    ModelConfig config = new ModelConfig(256, 8, 2, 2, 1, 16, 32, 10_000, 1e-5, false);
    long block = 8 * 8 + 8 * 4 + 8 * 4 + 8 * 8 + 3 * 8 * 16 + 2 * 8;
    assertThat(config.parameters()).isEqualTo(2 * block + 8 + 2 * 256 * 8);
  }

  @Test
  void sizesThatDoNotFitAreRefusedWithTheReason() {
    assertThatThrownBy(() -> new ModelConfig(256, 10, 2, 4, 2, 16, 32, 10_000, 1e-5, true))
        .isInstanceOfSatisfying(
            DureException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.CONFIGURATION_INVALID))
        .hasMessageContaining("width 10");
    assertThatThrownBy(() -> new ModelConfig(256, 16, 2, 4, 3, 16, 32, 10_000, 1e-5, true))
        .hasMessageContaining("key-value heads 3");
  }

  @Test
  void settingsThatDoNotFitAreOneProblemAmongOthers() {
    Settings settings = Settings.parse("study.toml", "[model]\nwidth = 10\nheads = 4\nhead = 1");
    ModelConfig.of(settings, 256);
    assertThatThrownBy(settings::finish)
        .hasMessageContaining("width 10")
        .hasMessageContaining("unknown key model.head");
  }
}
