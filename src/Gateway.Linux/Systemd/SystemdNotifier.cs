using System.Globalization;
using System.Net.Sockets;

namespace Gateway.Linux.Systemd;

/// <summary>
/// Tells systemd how the service is, by datagrams to <c>NOTIFY_SOCKET</c>: sd_notify(3). Outside systemd, and when
/// systemd does not listen, every call does nothing. Thread-safe.
/// </summary>
public sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;
    private readonly TimeProvider _time;

    /// <param name="environment">Looks an environment variable up.</param>
    /// <param name="time">The clock; null: the system's.</param>
    public SystemdNotifier(Func<string, string?> environment, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(environment);
        _time = time ?? TimeProvider.System;
        _socket = Connect(environment("NOTIFY_SOCKET"));
        WatchdogInterval = ReadWatchdog(environment);
    }

    /// <summary>Whether systemd listens.</summary>
    public bool IsActive => _socket is not null;

    /// <summary>
    /// How long systemd waits for <see cref="Watchdog"/> before it kills the service; call it at half of that. Null if
    /// it does not watch this process.
    /// </summary>
    public TimeSpan? WatchdogInterval { get; }

    /// <summary>With the process's own environment.</summary>
    public static SystemdNotifier FromEnvironment() => new(Environment.GetEnvironmentVariable);

    /// <summary>The service has started, or has reloaded.</summary>
    public void Ready() => Send("READY=1");

    /// <summary>What <c>systemctl status</c> shows; one line.</summary>
    public void Status(string text) => Send($"STATUS={text.ReplaceLineEndings(" ")}");

    /// <summary>The service reads its configuration again; <see cref="Ready"/> ends it.</summary>
    public void Reloading() => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={MonotonicMicroseconds()}"));

    /// <summary>The service is ending.</summary>
    public void Stopping() => Send("STOPPING=1");

    /// <summary>The service makes progress.</summary>
    public void Watchdog() => Send("WATCHDOG=1");

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private static Socket? Connect(string? path)
    {
        if (string.IsNullOrEmpty(path) || path[0] is not ('/' or '@'))
            return null;

        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            // '@' stands for the NUL that begins an abstract name.
            socket.Connect(new UnixDomainSocketEndPoint(path[0] == '@' ? '\0' + path[1..] : path));
            socket.Blocking = false;
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private static TimeSpan? ReadWatchdog(Func<string, string?> environment)
    {
        var isForUs = environment("WATCHDOG_PID") is not { Length: > 0 } pid
            || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        return isForUs && long.TryParse(environment("WATCHDOG_USEC"), CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
            ? TimeSpan.FromMicroseconds(microseconds)
            : null;
    }

    // On Linux the system's timestamps are CLOCK_MONOTONIC, which systemd compares with.
    private long MonotonicMicroseconds() => (long)((Int128)_time.GetTimestamp() * 1_000_000 / _time.TimestampFrequency);

    private void Send(string state)
    {
        try
        {
            _socket?.Send(System.Text.Encoding.UTF8.GetBytes(state));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // systemd has gone or its queue is full; the service goes on, and the watchdog decides.
        }
    }
}
