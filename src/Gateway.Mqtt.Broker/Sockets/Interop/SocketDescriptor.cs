using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Gateway.Mqtt.Broker.Sockets.Interop;

/// <summary>
/// A connected, non-blocking socket. No safe handle: its owner closes it and uses it under one lock, so that its
/// number cannot be another socket's in between.
/// </summary>
internal readonly unsafe struct SocketDescriptor(int number)
{
    private const int LongestAddress = 128;

    private static readonly IPEndPoint AnyV4 = new(IPAddress.Any, 0);
    private static readonly IPEndPoint AnyV6 = new(IPAddress.IPv6Any, 0);

    public int Number { get; } = number;

    /// <summary>Takes the next connection that waits at a listening socket.</summary>
    /// <param name="listener">A listening, non-blocking socket.</param>
    /// <param name="remoteEndPoint">Null where addresses have no meaning: at a Unix socket.</param>
    /// <param name="errno">Why there is none.</param>
    public static SocketDescriptor? Accept(Socket listener, out EndPoint? remoteEndPoint, out int errno)
    {
        var address = stackalloc byte[LongestAddress];
        uint length = LongestAddress;
        var number = Libc.accept4((int)listener.Handle, address, &length, Libc.SOCK_NONBLOCK | Libc.SOCK_CLOEXEC);
        errno = number < 0 ? Marshal.GetLastPInvokeError() : 0;
        remoteEndPoint = number < 0 ? null : ToEndPoint(new ReadOnlySpan<byte>(address, (int)Math.Min(length, LongestAddress)), listener.AddressFamily);
        return number < 0 ? null : new SocketDescriptor(number);
    }

    /// <returns>The bytes received; 0 at the end; negative when there are none now, or the connection is lost.</returns>
    public int Receive(Span<byte> buffer, out bool isLost)
    {
        fixed (byte* bytes = buffer)
        {
            nint count;
            do
            {
                count = Libc.recv(Number, bytes, (nuint)buffer.Length, 0);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
            isLost = count < 0 && Marshal.GetLastPInvokeError() != Libc.EAGAIN;
            return (int)count;
        }
    }

    /// <returns>The bytes that the socket took, which may be none.</returns>
    public int Send(ReadOnlySpan<byte> buffer, out bool isLost)
    {
        fixed (byte* bytes = buffer)
        {
            nint count;
            do
            {
                count = Libc.send(Number, bytes, (nuint)buffer.Length, Libc.MSG_NOSIGNAL);
            }
            while (count < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
            isLost = count < 0 && Marshal.GetLastPInvokeError() != Libc.EAGAIN;
            return (int)Math.Max(count, 0);
        }
    }

    /// <summary>The other end reads an end of the stream behind the last byte.</summary>
    public void EndSending() => _ = Libc.shutdown(Number, Libc.SHUT_WR);

    /// <param name="abort">What the other end has not taken is thrown away.</param>
    public void Close(bool abort)
    {
        if (abort)
        {
            // struct linger { int l_onoff; int l_linger; }
            var linger = stackalloc int[] { 1, 0 };
            _ = Libc.setsockopt(Number, Libc.SOL_SOCKET, Libc.SO_LINGER, linger, 2 * sizeof(int));
        }

        _ = Libc.close(Number);
    }

    private static IPEndPoint? ToEndPoint(ReadOnlySpan<byte> bytes, AddressFamily family)
    {
        if (family is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            return null;
        }

        var address = new SocketAddress(family, bytes.Length);
        bytes.CopyTo(address.Buffer.Span);
        var endPoint = (IPEndPoint)(family == AddressFamily.InterNetwork ? AnyV4 : AnyV6).Create(address);
        return endPoint.Address.IsIPv4MappedToIPv6 ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
    }
}
