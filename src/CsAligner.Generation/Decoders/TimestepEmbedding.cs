using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;

namespace CsAligner.Generation.Decoders;

/// <summary>A time from 0 to 1 as cosines and sines of 1000 t at frequencies that fall from 1 to 1 / 10000, as in transformers.</summary>
internal static class TimestepEmbedding
{
    /// <summary>Values of a time.</summary>
    public const int Count = 256;

    private const int Frequencies = Count / 2;

    /// <summary>[B, <see cref="Count"/>], the cosines first: a tensor of the tape.</summary>
    public static Tensor Of(Tape tape, ReadOnlySpan<float> times)
    {
        var features = tape.Rent([times.Length, Count]);
        for (int b = 0; b < times.Length; b++)
        {
            var row = features.Span.Slice(b * Count, Count);
            for (int k = 0; k < Frequencies; k++)
            {
                double angle = 1000.0 * times[b] * Math.Exp(-Math.Log(10000) * k / Frequencies);
                (row[Frequencies + k], row[k]) = ((float)Math.Sin(angle), (float)Math.Cos(angle));
            }
        }

        return features;
    }
}
