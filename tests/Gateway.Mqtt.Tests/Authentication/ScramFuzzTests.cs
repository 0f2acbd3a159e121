using System.Text;
using Gateway.Mqtt.Authentication;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Tests.Authentication;

/// <summary>Damaged messages of SCRAM-SHA-256: each is refused in the way that wrong ones are, and none lets anybody in.</summary>
public sealed class ScramFuzzTests
{
    // RFC 7677 §3.
    private const string Nonce = "rOprNGfwEbeRWgbNEkqO";
    private const string ServerNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    private static readonly byte[] ClientFirst = Encoding.ASCII.GetBytes($"n,,n=user,r={Nonce}");
    private static readonly byte[] ServerFirst = Encoding.ASCII.GetBytes($"r={Nonce}{ServerNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    private static readonly byte[] ClientFinal = Encoding.ASCII.GetBytes($"c=biws,r={Nonce}{ServerNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    private static readonly byte[] ServerFinal = Encoding.ASCII.GetBytes("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void A_server_lets_in_who_said_what_was_signed(int seed)
    {
        var random = new Random(seed);
        var credentials = ScramCredentials.Create("pencil", Convert.FromBase64String("W22ZaJ0SNY7soEsUEjb6gQ=="), 4096);
        for (var round = 0; round < 5_000 * Fuzz.Factor; round++)
        {
            var server = new ScramServerExchange(_ => credentials, ServerNonce);
            var first = random.Next(2) == 0 ? ClientFirst : Fuzz.Mutate(ClientFirst, random);
            var isBegun = server.Begin(first) is not null;
            var final = random.Next(4) == 0 ? ClientFinal : Fuzz.Mutate(ClientFinal, random);
            var isIn = server.Finish(final) is not null;

            var isSound = first.AsSpan().SequenceEqual(ClientFirst);
            Assert.True(isBegun || !isSound);
            Assert.True(!isIn || isSound, $"{Encoding.UTF8.GetString(first)} {Encoding.UTF8.GetString(final)}");
            Assert.True(isIn || !isSound || !final.AsSpan().SequenceEqual(ClientFinal));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_client_believes_a_server_that_has_proved_itself(int seed)
    {
        var random = new Random(seed);
        var method = new ScramSha256("user", "pencil");
        for (var round = 0; round < 200 * Fuzz.Factor; round++)
        {
            var exchange = method.Begin(Nonce);
            await exchange.StartAsync(default);
            var first = random.Next(2) == 0 ? ServerFirst : Fuzz.Mutate(ServerFirst, random);
            var final = random.Next(4) == 0 ? ServerFinal : Fuzz.Mutate(ServerFinal, random);
            var isBelieved = false;
            try
            {
                await exchange.ContinueAsync(first, default);
                await exchange.FinishAsync(final, default);
                isBelieved = true;
            }
            catch (MqttException)
            {
                // Said to whoever connects.
            }

            var isSound = first.AsSpan().SequenceEqual(ServerFirst);
            Assert.True(!isBelieved || isSound, $"{Encoding.UTF8.GetString(first)} {Encoding.UTF8.GetString(final)}");
            Assert.True(isBelieved || !isSound || !final.AsSpan().SequenceEqual(ServerFinal));
        }
    }
}
