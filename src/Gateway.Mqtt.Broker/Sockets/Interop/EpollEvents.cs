namespace Gateway.Mqtt.Broker.Sockets.Interop;

/// <summary>What a descriptor is ready for, or is watched for. <c>epoll_ctl(2)</c>.</summary>
[Flags]
internal enum EpollEvents : uint
{
    /// <summary>An error or a hang-up is reported all the same.</summary>
    None = 0,
    EPOLLIN = 0x001,
    EPOLLOUT = 0x004,
    EPOLLERR = 0x008,
    EPOLLHUP = 0x010,
}
