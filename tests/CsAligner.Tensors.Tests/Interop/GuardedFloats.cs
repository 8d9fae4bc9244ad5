using System.Runtime.InteropServices;

namespace CsAligner.Tensors.Tests.Interop;

/// <summary>
/// Floats that end where an unmapped page begins: reading or writing one element too far ends the test run. On Linux
/// only; elsewhere plain memory, so that the same tests still check values.
/// </summary>
internal sealed unsafe partial class GuardedFloats : IDisposable
{
    private const int ReadWrite = 3, None = 0, PrivateAnonymous = 0x22;

    private readonly void* _memory;
    private readonly nuint _bytes;

    public GuardedFloats(int count)
    {
        Length = count;
        nuint page = (nuint)Environment.SystemPageSize;
        nuint data = ((nuint)count * sizeof(float) + page - 1) / page * page;
        _bytes = data + page;
        if (!OperatingSystem.IsLinux())
        {
            _memory = NativeMemory.AlignedAlloc(_bytes, page);
        }
        else
        {
            _memory = MapMemory(null, _bytes, ReadWrite, PrivateAnonymous, -1, 0);
            if ((nint)_memory == -1) throw new InvalidOperationException("mmap failed");
            if (ProtectMemory((byte*)_memory + data, page, None) != 0) throw new InvalidOperationException("mprotect failed");
        }
        Pointer = (float*)((byte*)_memory + data) - count;
    }

    public int Length { get; }

    public float* Pointer { get; }

    public Span<float> Span => new(Pointer, Length);

    public void Dispose()
    {
        if (OperatingSystem.IsLinux()) _ = UnmapMemory(_memory, _bytes);
        else NativeMemory.AlignedFree(_memory);
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* MapMemory(void* address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int ProtectMemory(void* address, nuint bytes, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int UnmapMemory(void* address, nuint bytes);
}
