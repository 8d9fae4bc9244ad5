using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using CsAligner.Onnx.Unclip.Schedulers;
using CsAligner.Tensors;
using CsAligner.Tensors.Kernels.Arrays;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace CsAligner.Onnx.Unclip;

/// <summary>
/// Makes pictures from image embeddings with a decoder that others trained: Kandinsky 2.2, Karlo or Stable unCLIP, exported to ONNX by
/// export-unclip.py. Pictures are made one at a time, so none depends on another.
/// </summary>
public sealed class UnClipPipeline : IDisposable
{
    private const string Sample = "sample", Timestep = "timestep", Embeds = "image_embeds", Latent = "latent";

    // The sinusoids' longest period.
    private const double LongestPeriod = 10_000;

    private readonly UnClipFolder _folder;
    private readonly List<UnClipGraph> _graphs = [];
    private readonly UnClipGraph _unet;
    private readonly UnClipGraph? _decoder, _second, _last;

    private UnClipPipeline(UnClipFolder folder, OnnxOptions options)
    {
        _folder = folder;
        try
        {
            _unet = Open(folder.UNet, [Sample, Timestep, Embeds, .. folder.Constants.Keys]);
            int width = _unet.WidthOf(Embeds), expected = folder.Kind == UnClipKind.StableUnClip ? 2 * folder.Width : folder.Width;
            if (width > 0 && width != expected)
                throw new InputException($"{folder.UNet}: input {Embeds} is {width} wide, but {UnClipFolder.FileName} says {expected}; "
                    + "take all files from one export");
            if (folder.Decoder is { } decoder) _decoder = Open(decoder, [Latent]);
            if (folder.SecondUNet is { } second) _second = Open(second, [Sample, Timestep]);
            if (folder.LastUNet is { } last) _last = Open(last, [Sample, Timestep]);
        }
        catch
        {
            Dispose();
            throw;
        }

        UnClipGraph Open(string path, IReadOnlyCollection<string> inputs)
        {
            var graph = UnClipGraph.Open(path, options, inputs);
            _graphs.Add(graph);
            return graph;
        }
    }

    /// <summary>The family.</summary>
    public UnClipKind Kind => _folder.Kind;

    /// <summary>The width of the embeddings that it takes.</summary>
    public int EmbeddingSize => _folder.Width;

    /// <summary>The encoder that its embeddings come from, in words.</summary>
    public string Model => _folder.Model;

    /// <summary>The side of its pictures in pixels.</summary>
    public int ImageSize => _folder.ImageSize;

    /// <summary>The steps that the folder advises.</summary>
    public int Steps => _folder.Steps;

    /// <summary>The guidance that the folder advises.</summary>
    public double Guidance => _folder.Guidance;

    /// <summary>Whether a folder says that it is such a decoder.</summary>
    /// <param name="folder">It need not exist.</param>
    public static bool Is(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return File.Exists(Path.Combine(folder, UnClipFolder.FileName));
    }

    /// <summary>Reads a decoder; every file's SHA-256 is compared with the folder's list.</summary>
    /// <param name="folder">The folder that export-unclip.py wrote.</param>
    /// <param name="options">Threads and provider; null for the defaults.</param>
    /// <exception cref="InputException">
    /// It is no such folder, a part is missing or another one, or there is not enough memory.
    /// </exception>
    public static UnClipPipeline Load(string folder, OnnxOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Load(folder, options ?? new OnnxOptions(), GC.GetGCMemoryInfo().TotalAvailableMemoryBytes);
    }

    /// <summary>Evaluations of its U-Nets for this many embeddings: the unit of progress.</summary>
    /// <param name="embeddings">Their number.</param>
    /// <param name="options">How; null for the defaults.</param>
    public long Evaluations(int embeddings, UnClipOptions? options = null) =>
        (long)embeddings * (options?.Count ?? 1) * ((options?.Steps ?? Steps) + _folder.SecondSteps);

    /// <summary>Makes the pictures.</summary>
    /// <param name="embeddings">
    /// [N, <see cref="EmbeddingSize"/>]: rows of any length but 0; they are brought to the length that the decoder knows.
    /// </param>
    /// <param name="write">Takes each picture once it is done: its number, and S x S x 3 bytes RGB.</param>
    /// <param name="options">How; null for the defaults.</param>
    /// <param name="noise">
    /// For each embedding a number that its noise is drawn by; null: the first bytes of the SHA-256 of its values.
    /// </param>
    /// <param name="evaluated">Told of evaluations (<see cref="Evaluations"/>) since it was last called.</param>
    /// <param name="cancellation">Stops between evaluations.</param>
    /// <exception cref="InputException">
    /// The embeddings are not as wide as the decoder's, one is zero or not finite, the steps do not suit the scheduler, or a graph fails.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public void Run(
        Tensor embeddings,
        Action<int, byte[]> write,
        UnClipOptions? options = null,
        IReadOnlyList<ulong>? noise = null,
        Action<int>? evaluated = null,
        CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(embeddings);
        ArgumentNullException.ThrowIfNull(write);
        options ??= new UnClipOptions();
        if (noise is not null && noise.Count != embeddings.Rows)
            throw new ArgumentException($"{embeddings.Rows} embeddings need the same number of numbers, got {noise.Count}.", nameof(noise));
        CheckWidth(embeddings);
        var root = new RandomGenerator(options.Seed);
        for (int row = 0; row < embeddings.Rows; row++)
        {
            var values = embeddings.Span.Slice(row * EmbeddingSize, EmbeddingSize);
            var ofRow = root.Split(noise is null
                ? BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(MemoryMarshal.AsBytes(values)))
                : noise[row]);
            for (int i = 0; i < options.Count; i++)
            {
                var random = ofRow.Split((ulong)i);
                var pixels = Make(
                    Tensor.From(embeddings.Span.Slice(row * EmbeddingSize, EmbeddingSize), 1, EmbeddingSize),
                    row,
                    options,
                    tensor => NormalNoise.FillRows(tensor, [random]),
                    () =>
                    {
                        evaluated?.Invoke(1);
                        cancellation.ThrowIfCancellationRequested();
                    });
                write((row * options.Count) + i, ToRgb(pixels));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var graph in _graphs) graph.Dispose();
    }

    internal static UnClipPipeline Load(string folder, OnnxOptions options, long memory)
    {
        var read = UnClipFolder.Open(folder);
        if (read.Bytes > memory)
            throw new InputException(string.Create(CultureInfo.InvariantCulture,
                $"{folder}: its parts need at least {read.Bytes / 1e9:0.0} GB of memory, and there are {memory / 1e9:0.0} GB; "
                    + $"export with --float16, or use a machine with more memory"));
        return new UnClipPipeline(read, options);
    }

    /// <summary>One picture's pixels, [1, 3, S, S] of about -1 to 1.</summary>
    /// <param name="embedding">[1, <see cref="EmbeddingSize"/>].</param>
    /// <param name="row">Its number, for errors.</param>
    /// <param name="options">How.</param>
    /// <param name="draw">Fills a tensor [1, ...] with standard normal noise; asked in the order of use.</param>
    /// <param name="evaluated">Told of every evaluation of a U-Net.</param>
    internal Tensor Make(Tensor embedding, int row, UnClipOptions options, Action<Tensor> draw, Action evaluated)
    {
        CheckWidth(embedding);
        int steps = options.Steps ?? Steps;
        if (steps < _folder.Scheduler.LeastSteps || steps > _folder.Scheduler.TrainSteps)
            throw new InputException(
                $"{steps} steps do not suit this decoder; give {_folder.Scheduler.LeastSteps} to {_folder.Scheduler.TrainSteps}");
        bool guided = (options.Guidance ?? Guidance) != 1;
        var inputs = Constants(guided, Condition(Scaled(embedding, row), guided, draw));
        var sample = new Tensor(1, _folder.Channels, _folder.SampleSize, _folder.SampleSize);
        draw(sample);
        Diffuse(sample, _folder.Scheduler, steps, draw, evaluated, (time, _) =>
            Predict(sample, inputs, time, options.Guidance ?? Guidance));
        if (_decoder is not null)
        {
            TensorPrimitives.Divide(sample.Span, (float)_folder.LatentScale, sample.Span);
            return _decoder.Run([(Latent, sample)], 1, 3, ImageSize, ImageSize);
        }

        return _second is null ? sample : Enlarge(sample, draw, evaluated);
    }

    private static Tensor Twice(Tensor value)
    {
        int[] shape = value.Shape.ToArray();
        shape[0] = 2;
        var both = new Tensor(shape);
        value.Span.CopyTo(both.Span);
        value.Span.CopyTo(both.Span[value.Length..]);
        return both;
    }

    private static Tensor Time(int time, int count)
    {
        var times = new Tensor(count);
        times.Span.Fill(time);
        return times;
    }

    private static void Diffuse(
        Tensor sample,
        DiffusionScheduler scheduler,
        int steps,
        Action<Tensor> draw,
        Action evaluated,
        Func<int, bool, (Tensor Prediction, Tensor? Variance)> predict)
    {
        int[] times = scheduler.Times(steps);
        var noise = new Tensor(sample.Shape);
        for (int i = 0; i < times.Length; i++)
        {
            var (prediction, variance) = predict(times[i], i == times.Length - 1);
            if (scheduler.DrawsNoise && times[i] > 0) draw(noise);
            scheduler.Step(
                sample.Span, prediction.Span, variance is null ? [] : variance.Span, times[i], scheduler.Next(times, i), noise.Span);
            evaluated();
        }
    }

    // From planes of -1 to 1 to interleaved bytes.
    private static byte[] ToRgb(Tensor pixels)
    {
        int plane = pixels.Shape[2] * pixels.Shape[3];
        var rgb = new byte[3 * plane];
        for (int i = 0; i < rgb.Length; i++)
            rgb[i] = (byte)Math.Clamp((int)MathF.Round((pixels.Span[(i % 3 * plane) + (i / 3)] + 1) * 127.5f), 0, 255);
        return rgb;
    }

    private void CheckWidth(Tensor embeddings)
    {
        if (embeddings.Width != EmbeddingSize)
            throw new InputException(
                $"The decoder takes embeddings of {EmbeddingSize} values, but these have {embeddings.Width}; use the model that it was "
                + $"trained with: {Model}.");
    }

    private Tensor Scaled(Tensor embedding, int row)
    {
        float norm = TensorPrimitives.Norm<float>(embedding.Span);
        if (norm == 0 || !float.IsFinite(norm))
            throw new InputException($"Embedding {row} has the length {norm}; expected finite numbers that are not all 0.");
        var scaled = new Tensor(1, EmbeddingSize);
        TensorPrimitives.Multiply(embedding.Span, (float)(_folder.Norm / norm), scaled.Span);
        return scaled;
    }

    // What the U-Net is conditioned on: the negative first, as guidance reads it.
    private Tensor Condition(Tensor embedding, bool guided, Action<Tensor> draw)
    {
        var positive = Kind == UnClipKind.StableUnClip ? Noised(embedding, draw) : embedding;
        if (!guided) return positive;
        var both = new Tensor(2, positive.Width);
        _folder.Negative?.Span.CopyTo(both.Span);
        positive.Span.CopyTo(both.Span[positive.Width..]);
        return both;
    }

    // The embedding with noise of a level, in the space where its values have mean 0 and variance 1, and the level's sinusoids.
    private Tensor Noised(Tensor embedding, Action<Tensor> draw)
    {
        var noise = new Tensor(1, EmbeddingSize);
        draw(noise);
        double kept = _folder.Noising!.Kept(_folder.NoiseLevel);
        float root = (float)Math.Sqrt(kept), rest = (float)Math.Sqrt(1 - kept);
        var result = new Tensor(1, 2 * EmbeddingSize);
        int half = EmbeddingSize / 2;
        for (int i = 0; i < EmbeddingSize; i++)
        {
            float plain = (embedding.Span[i] - _folder.Mean[i]) / _folder.Deviation[i];
            result.Span[i] = (((root * plain) + (rest * noise.Span[i])) * _folder.Deviation[i]) + _folder.Mean[i];
            double angle = _folder.NoiseLevel * Math.Exp(-Math.Log(LongestPeriod) * (i % half) / half);
            result.Span[EmbeddingSize + i] = (float)(i < half ? Math.Cos(angle) : Math.Sin(angle));
        }

        return result;
    }

    private List<(string Name, Tensor Value)> Constants(bool guided, Tensor condition)
    {
        List<(string Name, Tensor Value)> inputs = [(Embeds, condition)];
        foreach (var (name, value) in _folder.Constants) inputs.Add((name, guided ? Twice(value) : value));
        return inputs;
    }

    private (Tensor Prediction, Tensor? Variance) Predict(
        Tensor sample, List<(string Name, Tensor Value)> inputs, int time, double guidance)
    {
        int count = guidance == 1 ? 1 : 2, size = _folder.SampleSize;
        var output = _unet.Run(
            [(Sample, count == 2 ? Twice(sample) : sample), (Timestep, Time(time, count)), .. inputs], count, -1, size, size);
        int channels = output.Shape[1], length = sample.Length;
        if (channels != _folder.Channels && channels != 2 * _folder.Channels)
            throw new InputException($"{_unet.Path}: its output has {channels} channels, expected {_folder.Channels} or "
                + $"{2 * _folder.Channels}; export the decoder again");
        bool hasVariance = channels == 2 * _folder.Channels;
        if (_folder.Scheduler.LearnsVariance && !hasVariance)
            throw new InputException($"{_unet.Path}: its output has {channels} channels, but its scheduler wants the variance too "
                + $"({2 * _folder.Channels}); take all files from one export");

        // The last half is that of the embedding.
        var with = output.Span[((count - 1) * output.Length / count)..];
        var prediction = Tensor.From(with[..length], sample.Shape);
        if (count == 2)
        {
            for (int i = 0; i < length; i++)
                prediction.Span[i] = output.Span[i] + ((float)guidance * (prediction.Span[i] - output.Span[i]));
        }

        return (prediction, _folder.Scheduler.LearnsVariance ? Tensor.From(with.Slice(length, length), sample.Shape) : null);
    }

    private Tensor Enlarge(Tensor small, Action<Tensor> draw, Action evaluated)
    {
        var wide = PictureUpscale.Bicubic(small, ImageSize);
        var sample = new Tensor(1, 3, ImageSize, ImageSize);
        draw(sample);
        Diffuse(sample, _folder.SecondScheduler!, _folder.SecondSteps, draw, evaluated, (time, isLast) =>
        {
            var input = new Tensor(1, 6, ImageSize, ImageSize);
            sample.Span.CopyTo(input.Span);
            wide.Span.CopyTo(input.Span[sample.Length..]);
            var graph = isLast ? _last! : _second!;
            return (graph.Run([(Sample, input), (Timestep, Time(time, 1))], 1, 3, ImageSize, ImageSize), null);
        });
        return sample;
    }
}
