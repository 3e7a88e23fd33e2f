package org.dure.provenance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Instant;
import java.util.Random;
import org.dure.core.DureException;
import org.dure.core.ErrorCode;
import org.dure.core.Sha256;
import org.junit.jupiter.api.Test;

class InvitationCodeTest {
  private static final URI HUB = URI.create("https://hub.example:8402");
  private static final Instant EXPIRES = Instant.parse("2026-11-29T12:00:00Z");
  private static final String AUTHORITY = Sha256.of(new byte[] {1});

  private static InvitationCode code() {
    return InvitationCode.create(HUB, AUTHORITY, "ko", "ko", EXPIRES);
  }

  @Test
  void aCodeReadsBackWithEverythingInIt() {
    InvitationCode code = code();
    InvitationCode read = InvitationCode.parse(code.text());
    assertThat(read.hub()).isEqualTo(HUB);
    assertThat(read.authority()).isEqualTo(AUTHORITY);
    assertThat(read.region()).isEqualTo("ko");
    assertThat(read.language()).isEqualTo("ko");
    assertThat(read.expires()).isEqualTo(EXPIRES);
    assertThat(read.verifier()).isEqualTo(code.verifier());
    assertThat(read.id()).isEqualTo(code.id()).isNotEqualTo(code().id());
  }

  @Test
  void caseSpacesAndLettersThatLookLikeDigitsDoNotMatter() {
    String text = code().text();
    String sloppy = text.toLowerCase().replace("-", " ").replace('0', 'o').replace('1', 'l');
    assertThat(InvitationCode.parse("  " + sloppy + "\n").text()).isEqualTo(text);
  }

  @Test
  void everyWrongCharacterAndEveryTwoExchangedAreFoundInTheirGroup() {
    String text = code().text();
    for (int i = 6; i < text.length(); i++) {
      if (text.charAt(i) != '-') {
        String typo = text.substring(0, i) + other(text.charAt(i)) + text.substring(i + 1);
        String group = "group %d of".formatted((i - 6) / 9 + 1);
        assertThatThrownBy(() -> InvitationCode.parse(typo)).hasMessageContaining(group);
      }
      if (i + 1 < text.length()
          && text.charAt(i) != '-'
          && text.charAt(i + 1) != '-'
          && text.charAt(i) != text.charAt(i + 1)) {
        String exchanged =
            text.substring(0, i) + text.charAt(i + 1) + text.charAt(i) + text.substring(i + 2);
        assertThatThrownBy(() -> InvitationCode.parse(exchanged))
            .isInstanceOfSatisfying(
                DureException.class,
                e -> assertThat(e.code()).isEqualTo(ErrorCode.INVITATION_INVALID));
      }
    }
  }

  private static char other(char character) {
    return character == '7' ? '8' : '7';
  }

  @Test
  void missingAndExchangedGroupsAreFound() {
    String text = code().text();
    String[] groups = text.split("-");
    String without = text.replace("-" + groups[4], "");
    String exchanged =
        text.replace(groups[3], "?").replace(groups[5], groups[3]).replace("?", groups[5]);
    String cut = text.substring(0, text.length() - 9);
    for (String wrong : new String[] {without, exchanged, cut, "DURE1-", "", "DURE1"}) {
      assertThatThrownBy(() -> InvitationCode.parse(wrong))
          .isInstanceOfSatisfying(
              DureException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.INVITATION_INVALID));
    }
  }

  @Test
  void aCodeOfAnotherVersionSaysSo() {
    assertThatThrownBy(() -> InvitationCode.parse("DURE2-ABCDEFGH"))
        .hasMessageContaining("another version");
  }

  @Test
  void noTextAtAllMakesItFailOtherwise() {
    Random random = new Random(7);
    String text = code().text();
    for (int i = 0; i < 2_000; i++) {
      StringBuilder changed = new StringBuilder(text);
      for (int change = random.nextInt(4); change >= 0; change--) {
        changed.setCharAt(random.nextInt(changed.length()), (char) random.nextInt(0x3000));
      }
      try {
        InvitationCode unused = InvitationCode.parse(changed.toString());
      } catch (DureException e) {
        assertThat(e.code()).isEqualTo(ErrorCode.INVITATION_INVALID);
      }
    }
  }

  @Test
  void anAddressThatIsNoHubsIsRefused() {
    for (String hub : new String[] {"http://hub.example", "https:///x", "https://u:p@hub"}) {
      assertThatThrownBy(
              () -> InvitationCode.create(URI.create(hub), AUTHORITY, "ko", "ko", EXPIRES))
          .hasMessageContaining("expected https://HOST:PORT");
    }
    assertThatThrownBy(() -> InvitationCode.create(HUB, AUTHORITY, "Ko!", "ko", EXPIRES))
        .hasMessageContaining("region");
  }
}
