using CsAligner.Cli.Running;
using CsAligner.Generation;
using CsAligner.Generation.Decoders;
using CsAligner.Generation.Diffusion;
using CsAligner.Onnx.Unclip;
using CsAligner.Studies.Encoders;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Cli.Verbs;

/// <summary>A decoder that <c>generate</c> draws with: one of ours, or one that others trained.</summary>
internal abstract class PictureMaker : IDisposable
{
    /// <summary>The width of the embeddings that it takes.</summary>
    public abstract int Width { get; }

    /// <summary>The side of its pictures.</summary>
    public abstract int ImageSize { get; }

    /// <summary>What it was run with.</summary>
    public abstract (int Steps, double Guidance, string Sampler) Settings { get; }

    /// <summary>Reads a decoder.</summary>
    /// <param name="name">Its name or folder.</param>
    /// <param name="asked">How to make pictures.</param>
    public static PictureMaker Load(string name, GenerateSettings asked)
    {
        string path = NamedModel.PathOf(name);
        if (!UnClipPipeline.Is(path)) return new OwnDecoder(DiffusionDecoder.Load(path), asked);
        if (asked.Sampler is not null)
            throw new UsageException($"--sampler does not apply to '{name}', which names its own scheduler: leave it out");
        return new UnClipDecoder(UnClipPipeline.Load(path), asked);
    }

    /// <summary>Evaluations in all, for the progress.</summary>
    public abstract long Evaluations(int rows);

    /// <summary>Makes the pictures.</summary>
    public abstract void Run(
        Tensor rows, Action<int, byte[]> write, ulong[]? noise, Action<int> evaluated, CancellationToken cancellation);

    public virtual void Dispose()
    {
    }

    private sealed class OwnDecoder : PictureMaker
    {
        private readonly DiffusionDecoder _decoder;
        private readonly GenerationOptions _options;
        private readonly string _sampler;
        private readonly PictureGenerator _generator;

        public OwnDecoder(DiffusionDecoder decoder, GenerateSettings asked)
        {
            var defaults = new GenerationOptions();
            (_decoder, _sampler) = (decoder, asked.Sampler ?? Samplers.Default);
            _options = new GenerationOptions
            {
                Count = asked.Count,
                Steps = asked.Steps ?? defaults.Steps,
                Guidance = asked.Guidance ?? defaults.Guidance,
                Seed = asked.Seed,
            };
            _generator = new PictureGenerator(decoder, _options, new Samplers().Create(_sampler));
        }

        public override int Width => _decoder.Config.ConditionSize;

        public override int ImageSize => _decoder.Config.ImageSize;

        public override (int Steps, double Guidance, string Sampler) Settings => (_options.Steps, _options.Guidance, _sampler);

        public override long Evaluations(int rows) => _generator.Evaluations(rows);

        public override void Run(
            Tensor rows, Action<int, byte[]> write, ulong[]? noise, Action<int> evaluated, CancellationToken cancellation) =>
            _generator.Run(rows, write, noise, evaluated, cancellation);
    }

    private sealed class UnClipDecoder(UnClipPipeline pipeline, GenerateSettings asked) : PictureMaker
    {
        private readonly UnClipOptions _options =
            new() { Count = asked.Count, Steps = asked.Steps, Guidance = asked.Guidance, Seed = asked.Seed };

        public override int Width => pipeline.EmbeddingSize;

        public override int ImageSize => pipeline.ImageSize;

        public override (int Steps, double Guidance, string Sampler) Settings =>
            (_options.Steps ?? pipeline.Steps, _options.Guidance ?? pipeline.Guidance, "scheduler");

        public override long Evaluations(int rows) => pipeline.Evaluations(rows, _options);

        public override void Run(
            Tensor rows, Action<int, byte[]> write, ulong[]? noise, Action<int> evaluated, CancellationToken cancellation) =>
            pipeline.Run(rows, write, _options, noise, evaluated, cancellation);

        public override void Dispose()
        {
            pipeline.Dispose();
            base.Dispose();
        }
    }
}
