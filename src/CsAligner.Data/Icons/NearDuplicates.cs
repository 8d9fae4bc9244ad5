using System.Numerics.Tensors;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Ops;
using Tensor = CsAligner.Tensors.Tensor;

namespace CsAligner.Data.Icons;

/// <summary>
/// Finds pictures that are nearly the same as one of a set of references: cosine of their ink (0 is white) above a
/// threshold, exactly as if every pair had been compared.
/// </summary>
/// <remarks>
/// A picture x of unit norm is split into its 32 x 32 block means P x and the rest. For any two pictures
/// x·y = Px·Py + (x - Px)·(y - Py), which is at most Px·Py + |x - Px||y - Py|: one product of 1,025 columns bounds the
/// cosine of 4,096 pixels from above, and only pairs whose bound passes are compared in full.
/// </remarks>
internal sealed class NearDuplicates
{
    private const int Side = 64;
    private const int Pixels = Side * Side;
    private const int Blocks = 32;
    private const int Columns = Blocks * Blocks + 1;
    private const int Tile = 256;

    private readonly byte[] _inks;
    private readonly double[] _norms;
    private readonly Tensor _bounds;
    private readonly float _threshold;
    private readonly int _count;

    /// <summary>Takes the references in.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="readInk">Fills the 64 x 64 ink of one of them.</param>
    /// <param name="threshold">The cosine above which pictures count as the same.</param>
    public NearDuplicates(int count, InkReader readInk, float threshold)
    {
        _count = count;
        _threshold = threshold;
        _inks = new byte[(long)count * Pixels];
        _norms = new double[count];
        _bounds = new Tensor(Math.Max(count, 1), Columns);
        for (int i = 0; i < count; i++)
        {
            Span<byte> ink = _inks.AsSpan(i * Pixels, Pixels);
            readInk(i, ink);
            _norms[i] = Bound(ink, _bounds.Span.Slice(i * Columns, Columns));
        }
    }

    /// <summary>Fills 64 x 64 bytes with the ink of a picture.</summary>
    internal delegate void InkReader(int index, Span<byte> ink);

    /// <summary>For each candidate the reference it is nearest to, of those above the threshold; -1: none is.</summary>
    public int[] Find(int count, InkReader readInk, Action<int> done, CancellationToken cancellationToken)
    {
        var found = new int[count];
        Array.Fill(found, -1);
        if (_count == 0)
            return found;
        var inks = new byte[Tile * Pixels];
        var norms = new double[Tile];
        var bounds = new Tensor(Tile, Columns);
        for (int start = 0; start < count; start += Tile)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int rows = Math.Min(Tile, count - start);
            for (int i = 0; i < rows; i++)
            {
                readInk(start + i, inks.AsSpan(i * Pixels, Pixels));
                norms[i] = Bound(inks.AsSpan(i * Pixels, Pixels), bounds.Span.Slice(i * Columns, Columns));
            }

            using var tape = Tape.Inference();
            Tensor scores = tape.MatMul(bounds, _bounds, transposeB: true);
            for (int i = 0; i < rows; i++)
                found[start + i] = Nearest(inks.AsSpan(i * Pixels, Pixels), norms[i], scores.Span.Slice(i * _count, _count));
            done(rows);
        }

        return found;
    }

    /// <summary>The cosine of two inks; 0 when one is empty.</summary>
    public static double Cosine(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        double norms = Math.Sqrt(Dot(a, a) * Dot(b, b));
        return norms == 0 ? 0 : Dot(a, b) / norms;
    }

    private int Nearest(ReadOnlySpan<byte> ink, double norm, ReadOnlySpan<float> scores)
    {
        // The bound is rounded to float32: the margin keeps it a bound.
        float enough = _threshold - 1e-4f;
        if (norm == 0 || TensorPrimitives.Max(scores) <= enough)
            return -1;
        int nearest = -1;
        double best = _threshold;
        for (int j = 0; j < scores.Length; j++)
        {
            if (scores[j] <= enough || _norms[j] == 0)
                continue;
            double cosine = Dot(ink, _inks.AsSpan(j * Pixels, Pixels)) / (norm * _norms[j]);
            if (cosine > best)
                (best, nearest) = (cosine, j);
        }

        return nearest;
    }

    private static double Bound(ReadOnlySpan<byte> ink, Span<float> bound)
    {
        double norm = Math.Sqrt(Dot(ink, ink));
        bound.Clear();
        if (norm == 0)
            return 0;
        const int step = Side / Blocks;
        double kept = 0;
        for (int block = 0; block < Blocks * Blocks; block++)
        {
            int sum = 0;
            int at = block / Blocks * step * Side + block % Blocks * step;
            for (int y = 0; y < step; y++)
            {
                for (int x = 0; x < step; x++)
                    sum += ink[at + y * Side + x];
            }

            double value = sum / (step * norm);
            kept += value * value;
            bound[block] = (float)value;
        }

        bound[^1] = (float)Math.Sqrt(Math.Max(0, 1 - kept));
        return norm;
    }

    // Exact for pictures of few inked pixels, and within 1e-6 for full ones: far inside the threshold's two digits.
    private static double Dot(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b)
    {
        Span<float> left = stackalloc float[Pixels], right = stackalloc float[Pixels];
        left = left[..a.Length];
        right = right[..b.Length];
        TensorPrimitives.ConvertTruncating(a, left);
        TensorPrimitives.ConvertTruncating(b, right);
        return TensorPrimitives.Dot<float>(left, right);
    }
}
