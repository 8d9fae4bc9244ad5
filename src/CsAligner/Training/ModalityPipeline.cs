using CsAligner.Adapters;
using CsAligner.Starts;
using CsAligner.Tensors;
using CsAligner.Tensors.Autograd;
using CsAligner.Tensors.Kernels.Objectives;
using CsAligner.Tensors.Ops;

namespace CsAligner.Training;

/// <summary>Images, or texts, of an alignment: the steps from row numbers to rows in the shared space.</summary>
/// <param name="Name">image or text.</param>
/// <param name="Features">Those of the frozen encoder: pairs, unpaired, validation.</param>
/// <param name="Encoder">Recomputes the features if the encoder trains, else null.</param>
/// <param name="Adapter">What follows.</param>
/// <param name="Start">What the adapter does to frozen features before any training.</param>
/// <param name="ChunkSize">The most samples at once.</param>
internal sealed record ModalityPipeline(
    string Name, SampleFeatures Features, ITrainableEncoder? Encoder, Adapter Adapter, StartMap Start, int ChunkSize)
{
    /// <summary>What trains, by name.</summary>
    public IEnumerable<(string Name, Tensor Values)> Parameters =>
        (Encoder?.Parameters ?? []).Select(p => ($"{Name}.encoder.{p.Name}", p.Values))
            .Concat(Adapter.Parameters.Select(p => ($"{Name}.{p.Name}", p.Values)));

    /// <summary>The samples' unit rows in the shared space.</summary>
    /// <param name="tape">The tape that records it.</param>
    /// <param name="samples">Their numbers; not to change before backward is done.</param>
    /// <param name="tokens">Whether their tokens are wanted too.</param>
    public Encoded Encode(Tape tape, int[] samples, bool tokens)
    {
        bool packed = tokens || Adapter.UsesTokens;
        int[]? offsets = packed ? SampleOffsets.Of(samples, TokenCount) : null;
        var rows = tape.InChunks(
            samples.Length,
            ChunkSize,
            Parameters.Any(),
            (part, start, count) =>
            {
                ReadOnlySpan<int> chunk = samples.AsSpan(start, count);
                int[]? own = packed ? SampleOffsets.Of(chunk, TokenCount) : null;
                var x = Encoder?.Encode(part, chunk, packed) ?? Features.Read(part, chunk, own?[^1] ?? count, packed);
                var y = Adapter.Encode(part, x, own);
                return packed && !tokens ? part.Gather(y, own![..^1]) : y;
            },
            tokens ? offsets : null);
        return tokens ? new Encoded(tape.Gather(rows, offsets![..^1]), rows, offsets) : new Encoded(rows, null, null);
    }

    /// <summary>The samples' unit rows as they were before any training, without gradients.</summary>
    public Tensor AtStart(Tape tape, int[] samples) => Start.Forward(tape, Features.Read(tape, samples, samples.Length, false));

    private int TokenCount(int sample) => Encoder?.TokenCount(sample) ?? Features.TokenCount(sample);

    /// <summary>Samples in the shared space.</summary>
    /// <param name="Rows">[B, D], their features.</param>
    /// <param name="Packed">[N, D], of each its feature, then its tokens; null if tokens were not wanted.</param>
    /// <param name="Offsets">The first row of each in <paramref name="Packed"/>, and N.</param>
    public readonly record struct Encoded(Tensor Rows, Tensor? Packed, int[]? Offsets)
    {
        /// <summary>The rows of the tokens of the first samples.</summary>
        public TokenSets TokensOf(int samples)
        {
            var offsets = new int[samples + 1];
            for (int i = 0; i < samples; i++) offsets[i + 1] = offsets[i] + Offsets![i + 1] - Offsets[i] - 1;
            var rows = new int[offsets[^1]];
            for (int i = 0; i < samples; i++)
                for (int t = offsets[i]; t < offsets[i + 1]; t++) rows[t] = Offsets![i] + 1 + t - offsets[i];
            return new TokenSets(rows, offsets);
        }
    }
}
