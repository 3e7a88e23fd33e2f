package org.dure.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

  record Parts(
      String name, List<Message> messages, @Nullable String note, List<@Nullable Long> gaps) {
    Parts {
      messages = List.copyOf(messages);
    }
  }

  @Test
  void nullInAFileIsRefusedByTheFilesName(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("state.json"), "null");
    for (ThrowingCallable read :
        List.<ThrowingCallable>of(() -> Json.read(file, Message.class), () -> Json.object(file))) {
      assertThatThrownBy(read)
          .isInstanceOfSatisfying(
              DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
          .hasMessageContaining("state.json")
          .hasMessageContaining("null");
    }
    assertThatThrownBy(() -> Json.array("null".getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(DureException.class)
        .hasMessageContaining("null: expected a JSON array");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'round':3,'metrics':{},'sizes':[]} | region",
        "{'region':null,'round':3,'metrics':{},'sizes':[]} | region",
        "{'region':'ko','metrics':{},'sizes':[]} | round",
        "{'region':'ko','round':3,'metrics':{'loss':null},'sizes':[]} | metrics",
        "{'region':'ko','round':3,'metrics':{},'sizes':[1,null]} | sizes",
        "{'region':'ko','round':3,'metrics':{}} | sizes",
      },
      quoteCharacter = '~')
  void whatIsNullOrMissingIsRefusedByItsName(String json, String name) {
    assertThatThrownBy(() -> Json.read(json.replace('\'', '"'), Message.class))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED))
        .hasMessageContaining(" at \"" + name);
  }

  @Test
  void whatMayBeNullMayBeMissing() {
    Parts parts = Json.read("{\"name\":\"a\",\"messages\":[],\"gaps\":[1,null]}", Parts.class);
    assertThat(parts.note()).isNull();
    assertThat(parts.gaps()).containsExactly(1L, null);
    assertThat(Json.read(Json.bytes(parts), Parts.class)).isEqualTo(parts);
    assertThatThrownBy(
            () -> Json.read("{\"name\":\"a\",\"messages\":[null],\"gaps\":[]}", Parts.class))
        .isInstanceOf(DureException.class)
        .hasMessageContaining(" at \"messages");
  }

  @Test
  void deepNestingIsRefusedInsteadOfOverflowingTheStack() {
    byte[] deep = "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Json.array(deep)).isInstanceOf(DureException.class);
  }

  record Grown(String old, @Json.Lenient String young) {
    Grown {
      young = Objects.requireNonNullElse(young, "none yet");
    }
  }

  @Test
  void aFieldThatEarlierFilesDidNotHaveMayBeMissingWhereTheRecordSaysSo() {
    assertThat(Json.read("{\"old\":\"a\"}", Grown.class)).isEqualTo(new Grown("a", "none yet"));
    assertThatThrownBy(() -> Json.read("{\"young\":\"a\"}", Grown.class))
        .hasMessageContaining("old");
  }

  private static String members(String json) {
    StringBuilder found = new StringBuilder();
    Json.members(
        json.getBytes(StandardCharsets.UTF_8),
        Set.of("a", "b"),
        new Json.Members() {
          @Override
          public void string(String name, String value) {
            found.append(name).append("=\"").append(value).append("\";");
          }

          @Override
          public void other(String name, String value) {
            found.append(name).append('=').append(value).append(';');
          }
        });
    return found.toString();
  }

  @Test
  void membersThatOthersWroteAreFoundAmongWhateverElseThereIs() {
    String deep = "[".repeat(5_000) + "{}" + "]".repeat(5_000);
    String more = ",\"c\":NaN,\"c\":-Infinity,\"d\":" + deep + ",\"e\":" + "9".repeat(2_000);

    assertThat(members("\uFEFF{\"a\":\"x\\n\"" + more + ",\"b\": 41.0 , \"a\":\"y\"} "))
        .isEqualTo("a=\"x\n\";b=41.0;a=\"y\";");
    assertThat(members("{\"한\":\"한\",\"a\":[\"한\", {\"b\":1}],\"b\":null}"))
        .isEqualTo("a=[\"한\", {\"b\":1}];b=null;");
    assertThat(members("{\"a\":\"tab\there\",\"b\":-1e3}")).isEqualTo("a=\"tab\there\";b=-1e3;");
    assertThat(members("{}")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[1]",
        "\"a\"",
        "null",
        "{\"a\":1",
        "{\"a\":\"x",
        "{\"a\"}",
        "{\"a\":1} {}",
        "{\"c\":x}",
        "{\"a\":\"\\q\"}"
      })
  void whatIsNoObjectHasNoMembers(String json) {
    assertThatThrownBy(() -> members(json))
        .isInstanceOfSatisfying(
            DureException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INPUT_MALFORMED));
  }
}
