using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Gateway.Mqtt.Broker.Sockets.Interop;

/// <summary>
/// An epoll set, level-triggered, with an eventfd in it that ends a wait from any thread. A descriptor that is closed
/// leaves the set by itself. <see cref="Wait"/> and the accessors of what it found are for one thread; the rest for any.
/// </summary>
internal sealed unsafe class Epoll : IDisposable
{
    /// <summary>What <see cref="TokenAt"/> says of the eventfd.</summary>
    public const long WakeToken = -1;

    private const int MostEvents = 128;

    // struct epoll_event { uint32_t events; uint64_t data; }, which only the x86 processors pack.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;
    private static readonly int DataOffset = EventSize - sizeof(ulong);

    private readonly byte[] _events = GC.AllocateUninitializedArray<byte>(MostEvents * EventSize, pinned: true);
    private readonly int _epoll;
    private readonly int _wake;

    public Epoll()
    {
        _epoll = Check(Libc.epoll_create1(Libc.EPOLL_CLOEXEC));
        _wake = Check(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK));
        Add(_wake, EpollEvents.EPOLLIN, WakeToken);
    }

    public void Add(int descriptor, EpollEvents events, long token) => Check(Control(Libc.EPOLL_CTL_ADD, descriptor, events, token));

    public void Modify(int descriptor, EpollEvents events, long token) => Check(Control(Libc.EPOLL_CTL_MOD, descriptor, events, token));

    /// <summary>For what stays open, here or in another process: until then it would leave nothing alone.</summary>
    public void Remove(int descriptor) => Check(Control(Libc.EPOLL_CTL_DEL, descriptor, EpollEvents.None, 0));

    /// <summary>Blocks until something is ready.</summary>
    /// <param name="blocks">False: only looks.</param>
    /// <returns>How many descriptors are ready.</returns>
    public int Wait(bool blocks)
    {
        var count = Libc.epoll_wait(_epoll, Address(0), MostEvents, blocks ? -1 : 0);
        return count < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR ? 0 : Check(count);
    }

    public EpollEvents EventsAt(int index) => (EpollEvents)Unsafe.ReadUnaligned<uint>(Address(index));

    public long TokenAt(int index) => Unsafe.ReadUnaligned<long>(Address(index) + DataOffset);

    /// <summary>Ends the present wait, or else the next.</summary>
    public void Wake()
    {
        var one = 1UL;
        _ = Libc.write(_wake, (byte*)&one, sizeof(ulong));
    }

    /// <summary>Answers a <see cref="WakeToken"/>.</summary>
    public void TakeWake()
    {
        ulong count;
        _ = Libc.read(_wake, (byte*)&count, sizeof(ulong));
    }

    public void Dispose()
    {
        _ = Libc.close(_wake);
        _ = Libc.close(_epoll);
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    private int Control(int operation, int descriptor, EpollEvents events, long token)
    {
        var entry = stackalloc byte[EventSize];
        Unsafe.WriteUnaligned(entry, (uint)events);
        Unsafe.WriteUnaligned(entry + DataOffset, token);
        return Libc.epoll_ctl(_epoll, operation, descriptor, entry);
    }

    // The array is pinned.
    private byte* Address(int index) => (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_events)) + (index * EventSize);
}
