package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.dure.core.Workload.ActivityKind;
import org.junit.jupiter.api.Test;

final class NamedTest {
  private record Doing(ActivityKind doing) {}

  @Test
  void jsonHasTheWordAndNothingElseIsRead() {
    for (ActivityKind kind : ActivityKind.values()) {
      String json = "{\"doing\":\"%s\"}".formatted(kind.word());
      assertThat(Json.text(new Doing(kind))).isEqualTo(json);
      assertThat(Json.read(json, Doing.class).doing()).isEqualTo(kind);
    }
    for (String other : new String[] {"\"TRAINING\"", "\"Training\"", "3", "\"3\"", "[]"}) {
      assertThatThrownBy(() -> Json.read("{\"doing\":%s}".formatted(other), Doing.class))
          .as(other)
          .isInstanceOf(DureException.class);
    }
  }

  @Test
  void anUnknownWordIsRefusedWithThoseThatAreExpected() {
    assertThatThrownBy(() -> Json.read("{\"doing\":\"dreaming\"}", Doing.class))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("dreaming")
        .hasMessageContaining("training-twin")
        .hasMessageContaining("disk-full");
  }

  @Test
  void aSettingIsReadByItsWord() {
    Settings settings = Settings.parse("test", "sharing = \"all\"\nother = \"ALL\"\n");
    assertThat(settings.choice("sharing", Sharing.BODY)).isEqualTo(Sharing.ALL);
    assertThat(settings.choice("absent", Sharing.BODY)).isEqualTo(Sharing.BODY);
    assertThat(settings.choice("other", Sharing.BODY)).isEqualTo(Sharing.BODY);
    assertThatThrownBy(settings::finish).hasMessageContaining("expected one of body, all");
  }
}
