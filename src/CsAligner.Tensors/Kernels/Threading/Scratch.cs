using CsAligner.Tensors.Memory;

namespace CsAligner.Tensors.Kernels.Threading;

/// <summary>Buffers of the pool for the length of one computation; they go back together.</summary>
internal sealed unsafe class Scratch : IDisposable
{
    private readonly List<FloatBuffer> _buffers = [];

    /// <summary>Floats, not cleared.</summary>
    public float* Floats(long length)
    {
        var buffer = BufferPool.Shared.Rent(checked((int)Math.Max(1, length)));
        _buffers.Add(buffer);
        return buffer.Pointer;
    }

    /// <summary>Floats of one value.</summary>
    public float* Floats(int length, float value)
    {
        float* floats = Floats(length);
        new Span<float>(floats, length).Fill(value);
        return floats;
    }

    /// <summary>Doubles, cleared.</summary>
    public double* Doubles(long length)
    {
        var doubles = (double*)Floats(2 * length);
        for (long start = 0; start < length; start += int.MaxValue / 2)
            new Span<double>(doubles + start, (int)Math.Min(int.MaxValue / 2, length - start)).Clear();
        return doubles;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in _buffers) BufferPool.Shared.Return(buffer);
        _buffers.Clear();
    }
}
