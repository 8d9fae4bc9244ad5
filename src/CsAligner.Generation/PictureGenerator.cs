using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Diffusion;
using CsAligner.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Generation;

/// <summary>
/// Makes pictures from embeddings. A picture depends on its embedding, the number of its noise and the seed alone: not on what is made
/// beside it, nor on threads.
/// </summary>
public sealed class PictureGenerator
{
    // Tokens of a batch, the unconditional half included: enough to keep the matrix products busy, few enough for the caches.
    private const int TokensPerBatch = 2048;

    // Their numbers are ints, with room for a batch beyond the last.
    private const int MostPictures = 1_000_000_000;

    private readonly DiffusionDecoder _decoder;
    private readonly GenerationOptions _options;
    private readonly Sampler _sampler;

    /// <summary>A generator.</summary>
    /// <param name="decoder">Makes the pictures.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="sampler">How noise becomes a picture; null for <see cref="EulerSampler"/>.</param>
    public PictureGenerator(DiffusionDecoder decoder, GenerationOptions? options = null, Sampler? sampler = null)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        (_decoder, _options, _sampler) = (decoder, options ?? new GenerationOptions(), sampler ?? new EulerSampler());
    }

    /// <summary>Pictures of each batch.</summary>
    public int BatchSize => Math.Max(1, TokensPerBatch / ((_options.Guidance == 1 ? 1 : 2) * _decoder.Config.Tokens));

    /// <summary>How often the decoder's velocity is evaluated for this many embeddings: the unit of progress.</summary>
    /// <param name="embeddings">Their number.</param>
    public long Evaluations(int embeddings) => (long)embeddings * _options.Count * _sampler.Evaluations(_options.Steps);

    /// <summary>Makes the pictures.</summary>
    /// <param name="embeddings">
    /// [N, D], D the decoder's width of conditions: rows of any length but 0; they are brought to length 1.
    /// </param>
    /// <param name="write">
    /// Takes each picture once it is done, in the order of the embeddings, <see cref="GenerationOptions.Count"/> of each in a row: its
    /// number, and S x S x 3 bytes RGB.
    /// </param>
    /// <param name="noise">
    /// For each embedding a number that its noise is drawn by, so that different embeddings of one thing (made with other adapters, say)
    /// can begin with the same noise; null: <see cref="NoiseNumber"/> of the embedding.
    /// </param>
    /// <param name="evaluated">Told of evaluations (<see cref="Evaluations"/>) since it was last called.</param>
    /// <param name="cancellation">Stops between evaluations.</param>
    /// <exception cref="InputException">
    /// The embeddings are not as wide as the decoder's conditions, or one is zero or not finite.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(
        Tensor embeddings,
        Action<int, byte[]> write,
        IReadOnlyList<ulong>? noise = null,
        Action<int>? evaluated = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(write);
        int width = _decoder.Config.ConditionSize;
        if (embeddings.Width != width)
            throw new InputException(
                $"The decoder is conditioned on embeddings of {width} values, but these have {embeddings.Width}; "
                + "use the model that the decoder was trained with.");
        long asked = (long)embeddings.Rows * _options.Count;
        if (asked > MostPictures)
            throw new InputException(
                $"{embeddings.Rows} embeddings with {_options.Count} pictures each: "
                + $"at most {MostPictures} pictures are made at a time; make fewer.");
        var units = Units(embeddings);
        noise ??=
        [
            .. Enumerable.Range(0, embeddings.Rows).Select(i => NoiseNumber(MemoryMarshal.AsBytes(embeddings.Span.Slice(i * width, width))))
        ];
        if (noise.Count != embeddings.Rows)
            throw new ArgumentException($"{embeddings.Rows} embeddings need the same number of numbers, got {noise.Count}.", nameof(noise));
        var random = new RandomGenerator(_options.Seed);
        int pictures = (int)asked;
        for (int start = 0; start < pictures; start += BatchSize)
        {
            int count = Math.Min(BatchSize, pictures - start);
            var conditions = new Tensor(count, width);
            for (int i = 0; i < count; i++)
                units.Span.Slice((start + i) / _options.Count * width, width).CopyTo(conditions.Span[(i * width)..]);
            RandomGenerator[] generators =
            [
                .. Enumerable.Range(start, count).Select(n => random.Split(noise[n / _options.Count]).Split((ulong)(n % _options.Count)))
            ];
            var samples = Make(conditions, generators, evaluated, cancellation);
            for (int i = 0; i < count; i++) write(start + i, ToRgb(samples, i));
        }
    }

    /// <summary>A noise number that depends only on the input: the first bytes of its SHA-256.</summary>
    /// <param name="thing">Its bytes: an embedding, a text in UTF-8, a file.</param>
    public static ulong NoiseNumber(ReadOnlySpan<byte> thing) => BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(thing));

    private Tensor Make(Tensor conditions, RandomGenerator[] generators, Action<int>? evaluated, CancellationToken cancellation)
    {
        int size = _decoder.Config.ImageSize, count = generators.Length;
        var samples = new Tensor(count, 3, size, size);
        PictureNoise.Fill(samples, generators);
        var velocity = new GuidedVelocity(_decoder, conditions, (float)_options.Guidance);
        _sampler.Run(samples, velocity.Evaluate, _options.Steps, () =>
        {
            evaluated?.Invoke(count);
            cancellation.ThrowIfCancellationRequested();
        });
        return samples;
    }

    private static Tensor Units(Tensor embeddings)
    {
        var units = new Tensor(embeddings.Rows, embeddings.Width);
        for (int i = 0; i < embeddings.Rows; i++)
        {
            var row = embeddings.Span.Slice(i * embeddings.Width, embeddings.Width);
            float norm = TensorPrimitives.Norm<float>(row);
            if (norm == 0 || !float.IsFinite(norm))
                throw new InputException($"Embedding {i} has the length {norm}; expected finite numbers that are not all 0.");
            TensorPrimitives.Divide(row, norm, units.Span.Slice(i * embeddings.Width, embeddings.Width));
        }

        return units;
    }

    // From planes of -1 to 1 to interleaved bytes.
    private static byte[] ToRgb(Tensor samples, int index)
    {
        int plane = samples.Shape[2] * samples.Shape[3];
        var values = samples.Span.Slice(index * 3 * plane, 3 * plane);
        var rgb = new byte[3 * plane];
        for (int i = 0; i < plane; i++)
        {
            for (int c = 0; c < 3; c++)
                rgb[(3 * i) + c] = (byte)Math.Clamp((int)MathF.Round((values[(c * plane) + i] + 1) * 127.5f), 0, 255);
        }

        return rgb;
    }
}
