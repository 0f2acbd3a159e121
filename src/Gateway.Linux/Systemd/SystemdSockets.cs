using System.Globalization;
using System.Net.Sockets;
using Gateway.Linux.Interop;

namespace Gateway.Linux.Systemd;

/// <summary>Sockets on which systemd listens for the service, passed to it as open files: sd_listen_fds(3), systemd.socket(5).</summary>
/// <param name="Listening">Stream sockets that listen, in the order of the socket units.</param>
/// <param name="Refused">A sentence for each file that is none.</param>
public sealed record SystemdSockets(IReadOnlyList<Socket> Listening, IReadOnlyList<string> Refused)
{
    private const int FirstDescriptor = 3;

    private const int SOL_SOCKET = 1;
    private const int SO_ACCEPTCONN = 30;

    /// <summary>
    /// Takes those of this process. Call it once, early: the variables are cleared, and children of this process get neither
    /// them nor the sockets. They are open as long as the process is.
    /// </summary>
    public static SystemdSockets Take()
    {
        var pid = TakeVariable("LISTEN_PID");
        var count = TakeVariable("LISTEN_FDS");
        TakeVariable("LISTEN_FDNAMES");
        if (pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture) || !int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return new SystemdSockets([], []);
        }

        var listening = new List<Socket>();
        var refused = new List<string>();
        for (var descriptor = FirstDescriptor; descriptor < FirstDescriptor + number; descriptor++)
        {
            _ = Libc.fcntl(descriptor, Libc.F_SETFD, Libc.FD_CLOEXEC);
            if (TryOpen(descriptor) is { } socket)
            {
                listening.Add(socket);
            }
            else
            {
                refused.Add($"File {descriptor} that systemd passed is no stream socket that listens: a socket unit of the gateway has ListenStream=, and Accept=no");
            }
        }

        return new SystemdSockets(listening, refused);
    }

    private static string? TakeVariable(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, null);
        return value;
    }

    private static Socket? TryOpen(int descriptor)
    {
        try
        {
            var socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            Span<byte> listens = stackalloc byte[sizeof(int)];
            socket.GetRawSocketOption(SOL_SOCKET, SO_ACCEPTCONN, listens);
            return socket.SocketType == SocketType.Stream && socket.LocalEndPoint is not null && BitConverter.ToInt32(listens) == 1 ? socket : null;
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
