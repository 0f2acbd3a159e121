using Gateway.Hosting;

namespace Gateway.Tests.Hosting;

/// <summary>A secret at the place of a password, in YAML as it may be written and as people write it in error: it is not shown, wherever its lines end.</summary>
public sealed class SecretTextFuzzTests
{
    private const int Rounds = 20_000;

    private static readonly string[] Keys =
    [
        "password", "Password", "PASSWORD", "passwd", "pass", "pwd", "pw", "mqtt-pass", "user_pwd", "secret", "client-secret", "token", "access_token", "passphrase", "passcode",
        "psk", "api-key", "apikey", "credentials", "passwords", "password2", "old-password-of-bridge", "authorization",
    ];

    private static readonly string[] Plain = ["s3cr3t", "s3cr3t s3cr3t", "#s3cr3t", "s3cr3t,s3cr3t", "s3cr3t: s3cr3t", "s3cr3t}s3cr3t", "{s3cr3t", "s3cr3t's", "%s3cr3t", "*s3cr3t", "s3cr3t # s3cr3t", "@s3cr3t"];

    private static readonly string[] Properties = ["", "", "", "&a ", "!!str ", "&a !!str ", "!local &b "];

    [Fact]
    public void A_secret_is_never_shown()
    {
        var rounds = Rounds * (int.TryParse(Environment.GetEnvironmentVariable("GATEWAY_FUZZ"), out var more) ? more : 1);
        for (var seed = 0; seed < rounds; seed++)
        {
            var text = Write(new Random(seed));
            var shown = SecretText.Blank(text);
            Assert.False(shown.Contains("s3cr3t", StringComparison.Ordinal), $"seed {seed}:\n{text}\n→\n{shown}");

            // A bracket that nobody closes hides what follows.
            Assert.True(text.Contains("{s3cr3t", StringComparison.Ordinal) || shown.EndsWith("site: plant1\nqos: 1\n", StringComparison.Ordinal), $"seed {seed}:\n{text}\n→\n{shown}");
            Assert.True(text.Length == shown.Length && text.Zip(shown).All(pair => pair.First == pair.Second || (pair.Second == '*' && !char.IsControl(pair.First))), $"seed {seed}");
        }
    }

    private static string Write(Random random)
    {
        var key = Pick(random, Keys);
        key = random.Next(4) switch { 0 => $"\"{key}\"", 1 => $"'{key}'", _ => key };
        key += Pick(random, " ", "", "\t") is { Length: > 0 } space && random.Next(5) == 0 ? space : "";
        var newLine = random.Next(8) == 0 ? "\r\n" : "\n";
        var deeper = Pick(random, "      ", "        ", "\t", "  \t");
        var isBraced = random.Next(3) == 0;
        var value = (isBraced ? random.Next(6) : random.Next(12)) switch
        {
            0 => " " + Pick(random, Properties) + Pick(random, isBraced ? Plain[..3] : Plain),
            1 => Pick(random, Properties) is var properties && random.Next(2) == 0
                ? $" {properties}\"s3cr3t \\\" s3cr3t\n{Indent(random)}s3cr3t\""
                : $" {properties}'s3cr3t '' s3cr3t\n{Indent(random)}s3cr3t'",
            2 => $" {Pick(random, Properties)}\n{Indent(random)}{Pick(random, Plain[..2])}",
            3 => $" # see below\n{(isBraced ? "" : "\n")}{Indent(random)}{Pick(random, "\"s3cr3t\"", "'s3cr3t'", "s3cr3t")}",
            4 => $" [s3cr3t,\n{Indent(random)}\"s3cr3t ]\",\n{Indent(random)}[ a: s3cr3t ],\n{Indent(random)}s3cr3t ]",
            5 => $" {{ now: s3cr3t,\n{Indent(random)}token: s3cr3t,\n{Indent(random)}old: 's3cr3t }}',\n{Indent(random)}older: s3cr3t }}",
            6 => $" {Pick(random, Properties)}{Pick(random, "|", ">", "|-", ">+", "|2", ">-  # folded")}\n{deeper}s3cr3t: a\n\n{deeper}  s3cr3t\n{deeper}- s3cr3t",
            7 => $"\n{Pick(random, "  ", "    ")}- s3cr3t\n{Pick(random, "  ", "    ")}- s3cr3t",
            8 => $"\n{deeper}token: s3cr3t\n{deeper}now: s3cr3t\n{deeper}old:\n{deeper}  - s3cr3t",
            9 => $" s3cr3t\n{deeper}s3cr3t: s3cr3t\n{deeper}s3cr3t",
            10 => $" |\n{Indent(random)}s3cr3t",
            _ => " *here",
        };
        var anchored = value == " *here" ? $"x: &here {Pick(random, "s3cr3t", "\"s3cr3t\n  s3cr3t\"", "|\n  s3cr3t\n  s3cr3t", "\n  s3cr3t")}\n" : "";
        var text = isBraced
            ? Pick(random, $"uplink: {{ username: ann, {key}:{value} }}", $"uplink: {{\n  username: ann, {key}:{value} }}", $"uplink: {{\n  username: ann,\n  {key}\n  :{value},\n  qos: 1 }}", $"uplinks: [ {{ {key}:{value} }} ]")
            : Pick(random, $"uplink:\n  url: mqtt://b\n  {key}:{value}\n  qos: 1", $"uplinks:\n- name: a\n  {key}:{value}\n- name: b", $"uplinks:\n  - {key}:{value}\n    # a comment\n    qos: 1", $"uplink:\n  # {key}: s3cr3t\n  {key}:{value}");
        return (anchored + text).Replace("\n", newLine, StringComparison.Ordinal) + "\nsite: plant1\nqos: 1\n";
    }

    private static string Indent(Random random) => Pick(random, "", " ", "  ", "    ", "        ", "\t");

    private static T Pick<T>(Random random, params T[] from) => from[random.Next(from.Length)];
}
