using System.Net.Sockets;
using Gateway.Web;

namespace Gateway.Hosting;

/// <summary>The socket in the data folder by which commands on this machine ask the service.</summary>
internal static class ControlSocket
{
    /// <summary>Opens it, for the service's user alone.</summary>
    /// <returns>Null where that cannot be; it was logged.</returns>
    public static async Task<StatusServer?> OpenAsync(string dataFolder, IStatusSource source, ILoggerFactory loggerFactory, CancellationToken cancellationToken)
    {
        var path = DataFolder.SocketPath(dataFolder);
        try
        {
            // The lock is ours, so a socket that is there was left behind by a process that was killed.
            File.Delete(path);
            var server = await StatusServer.StartAsync(kestrel => kestrel.ListenUnixSocket(path), source, loggerFactory, cancellationToken);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            return server;
        }
        catch (Exception exception) when (exception is IOException or SocketException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            Log.NoControlSocket(loggerFactory.CreateLogger<GatewayService>(), path, exception.Message.TrimEnd('.'));
            return null;
        }
    }
}
