using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Gateway.Mqtt.Authentication;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Broker.Listeners;
using Gateway.Mqtt.Broker.Tests.Listeners;
using Gateway.Mqtt.Client;
using Gateway.Mqtt.Packets;
using Gateway.Mqtt.Transport;
using Gateway.TestSupport;

namespace Gateway.Mqtt.Broker.Tests.Access;

/// <summary>SCRAM-SHA-256 from the client's options to the broker's users file, over sockets.</summary>
public sealed class ScramTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scram-").FullName;
    private UsersFileAuthenticator _users = null!;
    private MqttBroker _broker = null!;

    private string SecretPath => Path.Combine(_folder, "secret");

    private string FilePath => Path.Combine(_folder, "users");

    public async Task InitializeAsync()
    {
        UsersFile.Set(FilePath, "ann", "pencil");
        await File.AppendAllTextAsync(FilePath, "old:$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg==$vgFvU7zWIDgDAUi7d8ayt+cfRiPWVVWfv8iQRsGZaZs=\n");
        _users = new UsersFileAuthenticator(FilePath, SecretPath);
        _broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = _users, AuthenticationMethods = [new ScramSha256Method(_users)] });
    }

    public async Task DisposeAsync()
    {
        await _broker.DisposeAsync();
        _users.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Who_knows_the_password_is_let_in_and_may_prove_it_again()
    {
        var identities = new ConcurrentQueue<string?>();
        await using var observing = _broker.Observe(BrokerEventKinds.ClientConnected, (e, _) =>
        {
            identities.Enqueue(((ClientConnected)e).UserName);
            return ValueTask.CompletedTask;
        });
        await using var client = new MqttClient(Options(new ScramSha256("ann", "pencil")));
        Assert.Equal(ReasonCode.Success, (await client.ConnectAsync()).ReasonCode);
        await Eventually.TrueAsync(() => identities.Contains("ann"));
        for (var i = 0; i < 3; i++)
        {
            var message = new ApplicationMessage { Topic = "t", QoS = QualityOfService.ExactlyOnce };
            var publishing = client.PublishAsync(message).AsTask();
            await client.ReauthenticateAsync();
            Assert.True((await publishing).IsAccepted);
        }
    }

    // The certificate is that of "client".
    [Theory]
    [InlineData(ClientCertificatePolicy.None, false, false, "ann", "ann")]
    [InlineData(ClientCertificatePolicy.Optional, false, false, "ann", "ann")]
    [InlineData(ClientCertificatePolicy.Required, false, true, "ann", "ann")]
    [InlineData(ClientCertificatePolicy.Optional, true, false, "ann", "ann")]
    [InlineData(ClientCertificatePolicy.Optional, true, true, "ann", null)]
    [InlineData(ClientCertificatePolicy.Required, true, true, "ann", null)]
    [InlineData(ClientCertificatePolicy.Required, true, true, "client", "client")]
    public async Task Over_TLS_a_certificate_that_names_the_user_names_the_only_one(
        ClientCertificatePolicy policy, bool isNamed, bool shows, string user, string? identity)
    {
        UsersFile.Set(FilePath, "client", "pencil");
        _users.Reload();
        using var certificates = new TestCertificates();
        var tls = new ListenerTlsOptions
        {
            CertificateFile = certificates.Certificate("server"),
            KeyFile = certificates.Key("server"),
            ClientAuthorityFile = policy == ClientCertificatePolicy.None ? null : certificates.Authority,
            ClientCertificate = policy,
            UserNameFromCertificate = isNamed,
        };
        await using var broker = await BrokerFixture.StartAsync(
            new MqttBrokerOptions { Listen = [new Uri("mqtts://127.0.0.1:0")], Tls = tls, Authenticator = _users, AuthenticationMethods = [new ScramSha256Method(_users)] });
        var identities = new ConcurrentQueue<string?>();
        await using var observing = broker.Observe(BrokerEventKinds.ClientConnected, (e, _) =>
        {
            identities.Enqueue(((ClientConnected)e).UserName);
            return ValueTask.CompletedTask;
        });
        await using var client = new MqttClient(Options(new ScramSha256(user, "pencil")) with
        {
            Servers = [new Uri($"mqtts://127.0.0.1:{broker.Port()}")],
            Tls = new MqttTlsOptions
            {
                AuthorityFile = certificates.Authority,
                CertificateFile = shows ? certificates.Certificate("client") : null,
                KeyFile = shows ? certificates.Key("client") : null,
            },
        });
        var result = await client.ConnectAsync();
        if (identity is null)
        {
            Assert.Equal(ReasonCode.NotAuthorized, result.ReasonCode);
            Assert.Empty(identities);
            return;
        }

        Assert.Equal(ReasonCode.Success, result.ReasonCode);
        await Eventually.TrueAsync(() => identities.Contains(identity));
        await client.ReauthenticateAsync();
        Assert.True((await client.PublishAsync(new ApplicationMessage { Topic = "t", QoS = QualityOfService.AtLeastOnce })).IsAccepted);
    }

    [Theory]
    [InlineData("ann", "pen")]
    [InlineData("nobody", "pencil")]
    [InlineData("old", "secret")]
    public async Task Whoever_else_is_refused_in_the_same_words(string user, string password)
    {
        await using var client = new MqttClient(Options(new ScramSha256(user, password)));
        var result = await client.ConnectAsync();
        Assert.Equal(ReasonCode.NotAuthorized, result.ReasonCode);
        Assert.Null(result.ConnAck.AuthenticationData);
    }

    [Fact]
    public async Task A_password_in_the_CONNECT_is_checked_by_the_same_file()
    {
        foreach (var (user, password, expected) in new[]
        {
            ("ann", "pencil", ReasonCode.Success), ("old", "secret", ReasonCode.Success), ("ann", "pen", ReasonCode.BadUserNameOrPassword),
        })
        {
            await using var client = new MqttClient(Options(null) with { UserName = user, Password = Encoding.UTF8.GetBytes(password) });
            Assert.Equal(expected, (await client.ConnectAsync()).ReasonCode);
        }
    }

    [Fact]
    public async Task A_method_that_the_broker_does_not_offer_is_refused()
    {
        await using var client = new MqttClient(Options(new OtherMethod()));
        Assert.Equal(ReasonCode.BadAuthenticationMethod, (await client.ConnectAsync()).ReasonCode);
    }

    [Fact]
    public async Task A_password_that_was_changed_meanwhile_ends_the_connection_at_the_next_proof()
    {
        await using var client = new MqttClient(Options(new ScramSha256("ann", "pencil")));
        await client.ConnectAsync();
        UsersFile.Set(FilePath, "ann", "pen");
        _users.Reload();
        await Assert.ThrowsAsync<MqttException>(() => client.ReauthenticateAsync());
        await Eventually.TrueAsync(() => client.State == MqttClientState.Disconnected);
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Nobody_learns_who_is_in_the_file()
    {
        var first = Salt(_users, "nobody");
        Assert.Equal(first, Salt(_users, "nobody"));
        Assert.NotEqual(first, Salt(_users, "nobody2"));
        Assert.Equal(first.Length, Salt(_users, "ann").Length);
        Assert.Equal(Salt(_users, "old"), Salt(_users, "old"));

        // Nor by a restart, nor over the passwords of others.
        using var restarted = new UsersFileAuthenticator(FilePath, SecretPath);
        Assert.Equal(first, Salt(restarted, "nobody"));
        UsersFile.Set(FilePath, "bob", "pencil");
        restarted.Reload();
        Assert.Equal(first, Salt(restarted, "nobody"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SecretPath));
        Assert.Equal(32, new FileInfo(SecretPath).Length);
    }

    [Fact]
    public void A_secret_that_cannot_be_kept_keeps_nobody_out()
    {
        using var users = new UsersFileAuthenticator(FilePath, "/proc/none/secret");
        Assert.Equal(Salt(users, "nobody"), Salt(users, "nobody"));
        Assert.Equal(Salt(_users, "ann"), Salt(users, "ann"));
    }

    [Fact]
    public async Task Who_is_removed_or_has_a_new_password_is_disconnected_and_nobody_else()
    {
        foreach (var name in (string[])["bob", "cid", "dan"])
        {
            UsersFile.Set(FilePath, name, "pencil");
        }

        Assert.Empty(_users.Reload());
        using var ann = await ConnectAsync("ann", 5);
        using var bob = await ConnectAsync("bob", 5);
        using var cid = await ConnectAsync("cid", 4);
        using var dan = await ConnectAsync("dan", 5);
        UsersFile.Set(FilePath, "bob", "pen");
        await File.WriteAllLinesAsync(FilePath, (await File.ReadAllLinesAsync(FilePath)).Where(line => !line.StartsWith("ann:", StringComparison.Ordinal) && !line.StartsWith("cid:", StringComparison.Ordinal)));
        var changed = _users.Reload();
        Assert.Equal(["ann", "bob", "cid"], changed.Order());
        _broker.Disconnect(changed);
        await ann.ExpectAsync("e0 01 98");
        await ann.ExpectCloseAsync();
        await bob.ExpectAsync("e0 01 98");
        await bob.ExpectCloseAsync();
        await cid.ExpectCloseAsync();
        await dan.SendAsync("c0 00");
        await dan.ExpectAsync("d0 00");
    }

    [Fact]
    public async Task Who_is_logging_in_while_users_change_is_asked_to_come_again()
    {
        var late = new Late();
        await using var broker = await BrokerFixture.StartAsync(new MqttBrokerOptions { Authenticator = late });
        using var client = await broker.ConnectAsync("10 [ \"MQTT\" 05 c2 0000 [ 17 00 ] \"c\" \"ann\" \"pencil\" ]");
        await late.Asked.Task;
        broker.Disconnect(new HashSet<string> { "bob" });
        late.Answer.SetResult(AuthenticationResult.Accept("ann"));
        await client.ExpectAsync("20 03 00 88 00");
        await client.ExpectCloseAsync();
    }

    private async Task<SocketClient> ConnectAsync(string user, int version)
    {
        var client = await _broker.ConnectAsync($"10 [ \"MQTT\" 0{version} c2 0000 {(version == 5 ? "[ 17 00 ]" : "")} \"{user}\" \"{user}\" \"pencil\" ]");
        await client.ExpectAsync($"@ok{version}");
        return client;
    }

    private static string Salt(UsersFileAuthenticator users, string user)
    {
        var first = new ScramServerExchange(users.FindScram).Begin(Encoding.UTF8.GetBytes($"n,,n={user},r=nonce"))!;
        return Encoding.UTF8.GetString(first).Split(",s=")[1];
    }

    private MqttClientOptions Options(IAuthenticationMethod? method) => new()
    {
        Servers = [new Uri($"mqtt://127.0.0.1:{((IPEndPoint)_broker.Listeners[0].EndPoint!).Port}")],
        ClientIdentifier = "c",
        Authentication = method,
    };

    private sealed class Late : IAuthenticator
    {
        public TaskCompletionSource Asked { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource<AuthenticationResult> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async ValueTask<AuthenticationResult> AuthenticateAsync(AuthenticationRequest request, CancellationToken cancellationToken)
        {
            Asked.TrySetResult();
            return await Answer.Task.WaitAsync(cancellationToken);
        }
    }

    private sealed class OtherMethod : IAuthenticationMethod, IAuthenticationExchange
    {
        public string Name => "OTHER";

        public IAuthenticationExchange Begin() => this;

        public ValueTask<ReadOnlyMemory<byte>?> StartAsync(CancellationToken cancellationToken) => new((ReadOnlyMemory<byte>?)null);

        public ValueTask<ReadOnlyMemory<byte>?> ContinueAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask FinishAsync(ReadOnlyMemory<byte>? data, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
