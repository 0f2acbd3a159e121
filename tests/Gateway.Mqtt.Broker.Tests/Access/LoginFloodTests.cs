using System.Globalization;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Access;

/// <summary>Many log-ins at once from one address, over sockets. The clock stands still but where it is set.</summary>
public sealed class LoginFloodTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public async Task Of_many_wrong_passwords_at_once_four_are_tried_and_then_one_after_each_pause()
    {
        var users = new Guard();
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = users }, _time);
        var guessers = new List<SocketClient>();
        for (var i = 0; i < 200; i++)
        {
            guessers.Add(await broker.ConnectAsync(Connect(i, "wrong")));
        }

        await Eventually.TrueAsync(() => broker.Counters is { PacketsReceived: 200, LoginsFailed: 4 });
        Assert.Equal(4, users.Tried);
        for (var failed = 5; failed <= 9; failed++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250 << (failed - 5)));
            await Eventually.TrueAsync(() => broker.Counters.LoginsFailed == failed);
            Assert.Equal(failed, users.Tried);
        }

        // The next pause is longer than they have time for.
        await Eventually.TrueAsync(() => broker.Counters is { ClientsRefused: 200, LoginsSlowed: 196 });
        Assert.Equal(9, users.Tried);
        guessers.ForEach(guesser => guesser.Dispose());
    }

    [Fact]
    public async Task A_plant_that_comes_back_behind_one_address_is_let_in_without_a_pause()
    {
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = new Guard() }, _time);
        var devices = new List<SocketClient>();
        for (var i = 0; i < 500; i++)
        {
            devices.Add(await broker.ConnectAsync(Connect(i, "right")));
        }

        foreach (var device in devices)
        {
            await device.ExpectAsync("@ok4");
            device.Dispose();
        }

        Assert.Equal((500, 0, 0), (broker.Counters.ClientsAccepted, broker.Counters.ClientsRefused, broker.Counters.LoginsSlowed));
    }

    [Fact]
    public async Task Guesses_whose_clients_do_not_wait_for_the_answer_count()
    {
        var users = new Guard { Answers = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) };

        // The first pause, 250 ms, is more than half of this: who comes in it is refused.
        var limits = new BrokerLimits { ConnectTimeout = TimeSpan.FromMilliseconds(400) };
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = users, Limits = limits }, _time);
        for (var i = 0; i < 4; i++)
        {
            using var guesser = await broker.ConnectAsync(Connect(i, "wrong"));
            await Eventually.TrueAsync(() => users.Tried == i + 1);
        }

        // One that does wait is told that it took too long.
        using var waiting = await broker.ConnectAsync(Connect(4, "wrong"));
        await Eventually.TrueAsync(() => broker.Counters is { PacketsReceived: 5 });
        _time.Advance(TimeSpan.FromMilliseconds(400));
        await waiting.ExpectAsync("20 02 00 03");
        users.Answers.SetResult();
        await Eventually.TrueAsync(() => broker.Counters.LoginsFailed == 4);
        using var refused = await broker.ConnectAsync(Connect(5, "right"));
        await refused.ExpectAsync("20 02 00 03");
        Assert.Equal(4, users.Tried);
        _time.Advance(TimeSpan.FromMilliseconds(250));
        using var next = await broker.ConnectAsync(Connect(6, "right"));
        await next.ExpectAsync("@ok4");
    }

    [Fact]
    public async Task Who_has_proved_a_password_by_SCRAM_is_not_slowed_by_what_others_try()
    {
        var file = Path.GetTempFileName();
        try
        {
            UsersFile.Set(file, "ann", "pencil");
            using var users = new UsersFileAuthenticator(file);
            await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = users, AuthenticationMethods = [new ScramSha256Method(users)] }, _time);
            Assert.Equal(ReasonCode.Success, await LogInAsync(broker, "ann", "pencil"));
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal(ReasonCode.NotAuthorized, await LogInAsync(broker, "bob", $"guess{i}"));
            }

            Assert.Equal(ReasonCode.Success, await LogInAsync(broker, "ann", "pencil"));
            Assert.Equal(0, broker.Counters.LoginsSlowed);

            // A stranger's next guess waits, before it is looked at.
            var received = broker.Counters.PacketsReceived;
            var guessing = LogInAsync(broker, "bob", "guess");
            await Eventually.TrueAsync(() => broker.Counters.PacketsReceived == received + 2 || guessing.IsCompleted);
            Assert.False(guessing.IsCompleted);
            Assert.Equal(4, broker.Counters.LoginsFailed);
            _time.Advance(TimeSpan.FromMilliseconds(250));
            Assert.Equal(ReasonCode.NotAuthorized, await guessing);

            // Guesses under the own name slow it.
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal(ReasonCode.NotAuthorized, await LogInAsync(broker, "ann", $"guess{i}"));
            }

            Assert.Equal(9, broker.Counters.LoginsFailed);
            var own = LogInAsync(broker, "ann", "pencil");
            _time.Advance(TimeSpan.FromSeconds(4));
            Assert.Equal(ReasonCode.Success, await own);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static string Connect(int i, string password) => string.Create(CultureInfo.InvariantCulture, $"10 [ \"MQTT\" 04 c2 0000 \"c{i}\" \"user{i}\" \"{password}\" ]");

    private static async Task<ReasonCode> LogInAsync(MqttBroker broker, string user, string password)
    {
        await using var client = new MqttClient(new MqttClientOptions
        {
            Servers = [new Uri($"mqtt://127.0.0.1:{broker.Port()}")],
            ClientIdentifier = user,
            Authentication = new ScramSha256(user, password),
        });
        return (await client.ConnectAsync()).ReasonCode;
    }

    /// <summary>Takes everybody with the password "right", when it is let.</summary>
    private sealed class Guard : IAuthenticator
    {
        private int _tried;

        public TaskCompletionSource? Answers { get; init; }

        public int Tried => Volatile.Read(ref _tried);

        public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _tried);
            await (Answers?.Task ?? Task.CompletedTask);
            return request.Password!.Value.Span.SequenceEqual("right"u8) ? AuthenticationResult.Accept(request.UserName!) : AuthenticationResult.BadCredentials;
        }
    }
}
