using System.Diagnostics;
using System.Text;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Packets;

namespace Gateway.Mqtt.Broker.Tests.Access;

public sealed class UsersFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("users-").FullName;

    private string FilePath => Path.Combine(_folder, "users");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Who_was_set_is_let_in_with_the_last_password()
    {
        UsersFile.Set(FilePath, "ann", "first");
        UsersFile.Set(FilePath, "bob", "bob's: pässword");
        UsersFile.Set(FilePath, "ann", "second");
        using var authenticator = new UsersFileAuthenticator(FilePath);
        Assert.Equal(new AuthenticationResult(ReasonCode.Success, "ann"), await Check(authenticator, "ann", "second"));
        Assert.Equal(new AuthenticationResult(ReasonCode.Success, "bob"), await Check(authenticator, "bob", "bob's: pässword"));
        Assert.Equal(AuthenticationResult.BadCredentials, await Check(authenticator, "ann", "first"));
        Assert.Equal(AuthenticationResult.BadCredentials, await Check(authenticator, "eve", "second"));
        Assert.Equal(new AuthenticationResult(ReasonCode.NotAuthorized), await Check(authenticator, null, null));
        Assert.Equal(new AuthenticationResult(ReasonCode.NotAuthorized), await Check(authenticator, "ann", null));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void A_new_file_can_be_read_by_its_owner_and_the_group_of_its_folder_and_nothing_is_left_beside_it()
    {
        File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.SetGroup);
        Run("chgrp", OtherGroup(), _folder);
        UsersFile.Set(FilePath, "ann", "x");
        UsersFile.Set(FilePath, "bob", "x");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(FilePath));
        Assert.Equal(Run("stat", "-c", "%g", _folder), Run("stat", "-c", "%g", FilePath));
        Assert.Equal([FilePath], Directory.GetFiles(_folder));
    }

    [Theory]
    [InlineData("600")]
    [InlineData("660")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void A_file_that_is_there_keeps_its_mode_its_owner_and_its_group(string mode)
    {
        UsersFile.Set(FilePath, "ann", "x");
        Run("chown", Environment.IsPrivilegedProcess ? $"12345:{OtherGroup()}" : $":{OtherGroup()}", FilePath);
        Run("chmod", mode, FilePath);
        var before = Run("stat", "-c", "%a %u %g", FilePath);
        UsersFile.Set(FilePath, "bob", "x");
        Assert.StartsWith($"{mode} ", before, StringComparison.Ordinal);
        Assert.Equal(before, Run("stat", "-c", "%a %u %g", FilePath));
    }

    [Fact]
    public void Equal_passwords_have_different_hashes_and_comments_stay()
    {
        File.WriteAllText(FilePath, "# the plant's people\n\n");
        UsersFile.Set(FilePath, "ann", "x");
        UsersFile.Set(FilePath, "bob", "x");
        var lines = File.ReadAllLines(FilePath);
        Assert.Equal("# the plant's people", lines[0]);
        Assert.StartsWith("ann:$scram-sha-256$60000$", lines[2], StringComparison.Ordinal);
        Assert.NotEqual(lines[2].Split(':')[1], lines[3].Split(':')[1]);
    }

    // Made with Python: base64(hashlib.pbkdf2_hmac('sha512', b'secret', b'0123456789abcdef', 1000, 32)).
    [Fact]
    public async Task Hashes_of_another_implementation_are_understood()
    {
        await File.WriteAllTextAsync(FilePath, "ann:$pbkdf2-sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg==$vgFvU7zWIDgDAUi7d8ayt+cfRiPWVVWfv8iQRsGZaZs=\n");
        using var authenticator = new UsersFileAuthenticator(FilePath);
        Assert.Equal(ReasonCode.Success, (await Check(authenticator, "ann", "secret")).ReasonCode);
    }

    [Theory]
    [InlineData("ann\n", ":1: expected user:hash as `gateway passwd` writes it.")]
    [InlineData("# c\nann:secret\n", ":2: expected user:hash as `gateway passwd` writes it.")]
    [InlineData("ann:$pbkdf2-sha512$0$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAA\n", ":1: expected user:hash as `gateway passwd` writes it.")]
    [InlineData("ann:$pbkdf2-sha512$1000$!$AAAAAAAAAAAAAAAA\n", ":1: expected user:hash as `gateway passwd` writes it.")]
    [InlineData("a:$pbkdf2-sha512$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAA\na:$pbkdf2-sha512$1$AAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAA\n", ":2: the user \"a\" is there twice; remove one of the lines.")]
    public void A_broken_file_is_named_with_its_line(string text, string message)
    {
        File.WriteAllText(FilePath, text);
        Assert.Equal(FilePath + message, Assert.Throws<MqttBrokerException>(() => new UsersFileAuthenticator(FilePath)).Message);
        Assert.Throws<MqttBrokerException>(() => UsersFile.Set(FilePath, "bob", "x"));
        Assert.Equal(text, File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_missing_file_says_what_to_do()
    {
        var error = Assert.Throws<MqttBrokerException>(() => new UsersFileAuthenticator(FilePath));
        Assert.StartsWith($"The users file {FilePath} cannot be read: ", error.Message, StringComparison.Ordinal);
        Assert.EndsWith("Make it with `gateway passwd`.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a:b")]
    [InlineData("#a")]
    [InlineData("a\nb")]
    public void A_name_that_the_file_cannot_hold_is_refused(string user)
        => Assert.Throws<ArgumentException>(() => UsersFile.Set(FilePath, user, "x"));

    [Fact]
    public async Task Reload_takes_new_users_and_keeps_the_old_ones_when_the_file_is_broken()
    {
        UsersFile.Set(FilePath, "ann", "x");
        using var authenticator = new UsersFileAuthenticator(FilePath);
        UsersFile.Set(FilePath, "bob", "y");
        Assert.False(authenticator.Knows("bob"));
        authenticator.Reload();
        Assert.True(authenticator.Knows("bob"));
        Assert.False(authenticator.Knows(null));
        Assert.Equal("bob", (await Check(authenticator, "bob", "y")).UserName);
        await File.WriteAllTextAsync(FilePath, "broken");
        Assert.Throws<MqttBrokerException>(authenticator.Reload);
        Assert.Equal("bob", (await Check(authenticator, "bob", "y")).UserName);
    }

    [Fact]
    public async Task Where_a_thousand_wait_further_log_ins_are_told_that_the_broker_is_busy()
    {
        // Two million rounds: about a second for each.
        await File.WriteAllTextAsync(FilePath, "ann:$pbkdf2-sha512$2000000$MDEyMzQ1Njc4OWFiY2RlZg==$vgFvU7zWIDgDAUi7d8ayt+cfRiPWVVWfv8iQRsGZaZs=\n");
        using var authenticator = new UsersFileAuthenticator(FilePath);
        using var ending = new CancellationTokenSource();
        var request = new AuthenticationRequest { ClientId = "c", UserName = "ann", Password = "x"u8.ToArray() };
        var waiting = Enumerable.Range(0, 1000).Select(_ => authenticator.AuthenticateAsync(request, ending.Token).AsTask()).ToList();
        Assert.Equal(ReasonCode.ServerBusy, (await authenticator.AuthenticateAsync(request, CancellationToken.None)).ReasonCode);
        await ending.CancelAsync();
        await Task.WhenAll(waiting).ContinueWith(_ => { }, TaskScheduler.Default);
        Assert.Equal(ReasonCode.NotAuthorized, (await Check(authenticator, null, null)).ReasonCode);
    }

    // One that the caller may give a file to, and that new files do not have anyway where there is another.
    private static string OtherGroup() => Environment.IsPrivilegedProcess ? "12346" : Run("id", "-G").Split(' ', '\n').Last(group => group.Length > 0);

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }

    private static async Task<AuthenticationResult> Check(UsersFileAuthenticator authenticator, string? user, string? password)
        => await authenticator.AuthenticateAsync(
            new AuthenticationRequest
            {
                ClientId = "c",
                UserName = user,
                Password = password is null ? null : (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(password),
            },
            CancellationToken.None);
}
