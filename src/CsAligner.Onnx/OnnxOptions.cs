using CsAligner.Models;

namespace CsAligner.Onnx;

/// <summary>How ONNX models are read and run. Everything that is null or Auto is taken from the model and the files beside it.</summary>
public sealed record OnnxOptions
{
    /// <summary>Threads of a run, at least 1; 1 computes on the calling thread alone. Null:
    /// <see cref="CsAligner.Tensors.Compute.Threads"/>.</summary>
    public int? Threads { get; init; }

    /// <summary>
    /// Whether the runtime's threads spin while they wait for work: faster where nothing else runs, a loss where images are decoded
    /// beside them.
    /// </summary>
    public bool Spinning { get; init; }

    /// <summary>What computes.</summary>
    public OnnxProvider Provider { get; init; } = OnnxProvider.Cpu;

    /// <summary>The GPU's number, from 0; only for <see cref="OnnxProvider.Cuda"/>.</summary>
    public int Device { get; init; }

    /// <summary>Selects one of several files: "fp16" for model_fp16.onnx. Null selects the file without an ending.</summary>
    public string? Variant { get; init; }

    /// <summary>The name of the input that takes pixels. Null: the one of four dimensions.</summary>
    public string? ImageInput { get; init; }

    /// <summary>The name of the output that gives an image's features.</summary>
    public string? ImageOutput { get; init; }

    /// <summary>
    /// How pictures are prepared, where the files beside the graph do not say or say otherwise. Its names of input and output count where
    /// <see cref="ImageInput"/> and <see cref="ImageOutput"/> are null.
    /// </summary>
    public ImagePreprocessingSettings? Preprocessing { get; init; }

    /// <summary>The name of the input that takes token ids.</summary>
    public string? TextInput { get; init; }

    /// <summary>The name of the output that gives a text's features.</summary>
    public string? TextOutput { get; init; }

    /// <summary>How tokens become one feature, where the output gives tokens.</summary>
    public OnnxPooling Pooling { get; init; }

    /// <summary>The number of tokens read from a text, at least 3. Null for as many as model, tokenizer and configuration allow.</summary>
    public int? ContextLength { get; init; }
}
