package usher.peers;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.token.JwtEncodingContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;

import java.util.List;

/** A Spring Authorization Server as its starter sets it up, and one audience. */
@SpringBootApplication
public class Provider {
  public static void main(String[] arguments) {
    SpringApplication.run(Provider.class, arguments);
  }

  // As docs/providers/spring.md says.
  @Bean
  OAuth2TokenCustomizer<JwtEncodingContext> audience() {
    return context -> {
      if (OAuth2TokenType.ACCESS_TOKEN.equals(context.getTokenType())) {
        context.getClaims().audience(List.of("orders"));
      }
    };
  }
}
