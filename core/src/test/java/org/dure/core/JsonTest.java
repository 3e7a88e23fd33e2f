package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  record Message(String region, int round, Map<String, Double> metrics, List<Long> sizes) {}

  @Test
  void recordsComeBackEqualAndInTheOrderOfTheirComponents() {
    Message message = new Message("ko", 3, Map.of("loss", 1.5), List.of(1L, 2L));
    assertThat(Json.text(message))
        .isEqualTo("{\"region\":\"ko\",\"round\":3,\"metrics\":{\"loss\":1.5},\"sizes\":[1,2]}");
    assertThat(Json.read(Json.bytes(message), Message.class)).isEqualTo(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "null",
        "{\"region\":\"ko\",\"round\":3,\"metrics\":{},\"sizes\":[],\"extra\":1}",
        "{\"region\":\"ko\",\"round\":3,\"round\":4,\"metrics\":{},\"sizes\":[]}",
        "{\"region\":\"ko\",\"round\":null,\"metrics\":{},\"sizes\":[]}",
        "{\"region\":\"ko\",\"round\":3,\"metrics\":{},\"sizes\":[]} x",
        "{\"region\":\"ko\",\"round\":99999999999,\"metrics\":{},\"sizes\":[]}",
      })
  void whatDoesNotFitIsRefused(String json) {
    assertThatThrownBy(() -> Json.read(json, Message.class))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED));
  }

  @Test
  void deepNestingIsRefusedInsteadOfOverflowingTheStack() {
    byte[] deep = "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Json.array(deep)).isInstanceOf(DureException.class);
  }
}
