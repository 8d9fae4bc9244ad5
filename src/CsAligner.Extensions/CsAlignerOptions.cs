using CsAligner.Adapters;
using CsAligner.Data.Images;
using CsAligner.Onnx;

namespace CsAligner.Extensions;

/// <summary>Options of the services of <see cref="CsAlignerServices.AddCsAligner"/>.</summary>
public sealed class CsAlignerOptions
{
    /// <summary>The model: a CLIP folder in Hugging Face's layout, or a folder or file in ONNX format, such as
    /// <see cref="Data.Packages.PackagedModels"/> fetches. Must be given.</summary>
    public string Model { get; set; } = "";

    /// <summary>Another model for texts, whose adapter aligned it with <see cref="Model"/>'s images; null: the same.</summary>
    public string? TextModel { get; set; }

    /// <summary>The folder that <c>align --out</c> wrote: image-adapter.safetensors and text-adapter.safetensors; null:
    /// the encoders' own space.</summary>
    public string? Alignment { get; set; }

    /// <summary>The kinds of adapters that <see cref="Alignment"/> may hold; more than the library's where an application trained its
    /// own.</summary>
    public AdapterKinds AdapterKinds { get; set; } = AdapterKinds.BuiltIn;

    /// <summary>How models in ONNX format are read; null: as their files say.</summary>
    public OnnxOptions? Onnx { get; set; }

    /// <summary>How transparency in images is handled.</summary>
    public Transparency Transparency { get; set; } = Transparency.White;
}
