using System.Runtime.CompilerServices;

namespace CsAligner.Tensors.Kernels.Threading;

/// <summary>Scratch memory of one thread, 64-byte aligned, that only grows. Its contents do not survive growth.</summary>
internal sealed unsafe class AlignedBuffer
{
    private const int AlignmentBytes = 64;

    // On the pinned heap: it never moves, and goes away with its thread.
    private float[] _memory = [];

    /// <summary>Room for at least <paramref name="count"/> floats, valid until the next call.</summary>
    public float* Rent(nint count)
    {
        const int Slack = AlignmentBytes / sizeof(float);
        if (_memory.Length < count + Slack)
            _memory = GC.AllocateUninitializedArray<float>(checked((int)count + Slack), pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref _memory[0]);
        return (float*)((address + AlignmentBytes - 1) & ~(nuint)(AlignmentBytes - 1));
    }
}
