using System.Runtime.CompilerServices;

namespace CsAligner.Tensors.Memory;

/// <summary>
/// A block of pinned floats whose first element lies on a 64-byte boundary. The array is on the pinned heap, so the
/// pointer holds for as long as anything holds the buffer, and a mistake in lifetime shows wrong numbers, never a crash.
/// </summary>
internal sealed unsafe class FloatBuffer
{
    private const int Alignment = 64;

    private readonly float[] _array;
    private readonly int _offset;

    public FloatBuffer(int capacity)
    {
        const int slack = Alignment / sizeof(float);
        _array = GC.AllocateUninitializedArray<float>(checked(capacity + slack), pinned: true);
        var address = (nint)Unsafe.AsPointer(ref _array[0]);
        _offset = (int)((Alignment - (address & (Alignment - 1))) & (Alignment - 1)) / sizeof(float);
        Capacity = capacity;
        Pointer = (float*)(address + (_offset * sizeof(float)));
    }

    public int Capacity { get; }

    public float* Pointer { get; }

    public Span<float> Span(int length) => _array.AsSpan(_offset, length);
}
