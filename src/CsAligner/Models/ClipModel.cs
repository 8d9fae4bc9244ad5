using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Models;

/// <summary>A CLIP with its two towers, read from and written to Hugging Face's layout (config.json, model.safetensors).</summary>
public sealed class ClipModel
{
    /// <summary>CLIP clamps its logit scale here: the logarithm of 100.</summary>
    public const float MaxLogLogitScale = 4.6051702f;

    private const string ConfigFile = "config.json";

    private ClipModel(ClipConfig config)
    {
        Config = config;
        Text = new ClipTextTower(config);
        Vision = new ClipVisionTower(config);
        LogLogitScale = Tensor.From([config.LogitScaleInit]);
    }

    /// <summary>The model's shape.</summary>
    public ClipConfig Config { get; }

    /// <summary>The text tower.</summary>
    public ClipTextTower Text { get; }

    /// <summary>The vision tower.</summary>
    public ClipVisionTower Vision { get; }

    /// <summary>The logarithm of the logit scale 1 / tau, a scalar ("logit_scale" in files).</summary>
    public Tensor LogLogitScale { get; }

    /// <summary>The number of trainable values.</summary>
    public long ParameterCount => Parameters.Sum(p => (long)p.Values.Length);

    /// <summary>Every trainable tensor and its name; where a file keeps parts of it apart, the name is the first part's.</summary>
    public IEnumerable<(string Name, Tensor Values)> NamedTensors => Parameters.Select(p => (p.Names[0], p.Values));

    internal IEnumerable<NamedParameter> Parameters => [.. Text.Parameters, .. Vision.Parameters, new(LogLogitScale, "logit_scale")];

    /// <summary>A model with CLIP's random initialisation, ready to train.</summary>
    /// <param name="config">Its shape.</param>
    /// <param name="random">Drawn from in the order of <see cref="NamedTensors"/>' towers: text, then vision.</param>
    public static ClipModel Create(ClipConfig config, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(random);
        var model = new ClipModel(config);
        model.Text.Initialize(random);
        model.Vision.Initialize(random);
        return model;
    }

    /// <summary>
    /// Reads config.json and the weights (float16, bfloat16, float32 or float64) of a folder: model.safetensors, or shards and their
    /// model.safetensors.index.json.
    /// </summary>
    /// <param name="folder">A folder in Hugging Face's layout.</param>
    /// <exception cref="InputException">A file is missing or damaged, or the weights are not those that the configuration
    /// describes.</exception>
    public static ClipModel Load(string folder)
    {
        var model = new ClipModel(ClipConfig.Read(Path.Combine(folder, ConfigFile)));
        using var files = SafeTensorsSet.Open(folder);
        foreach (var parameter in model.Parameters)
        {
            for (int i = 0; i < parameter.Names.Length; i++) Read(files, parameter, i);
        }

        return model;
    }

    /// <summary>Writes config.json and model.safetensors, each atomically.</summary>
    /// <param name="folder">Made if it does not exist; what else it holds stays.</param>
    /// <param name="type">The type of the stored weights.</param>
    public void Save(string folder, ElementType type = ElementType.Float32)
    {
        AtomicFile.CreateFolder(folder);
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "pt");
        WrittenBy.SetMetadata(writer);
        foreach (var parameter in Parameters)
        {
            for (int i = 0; i < parameter.Names.Length; i++)
                writer.Add(parameter.Names[i], parameter.Part(i).ToArray(), parameter.PartShape, type);
        }

        writer.Write(Path.Combine(folder, SafeTensorsSet.SingleFile));
        AtomicFile.WriteAllText(Path.Combine(folder, ConfigFile), Config.ToJson());
    }

    /// <summary>
    /// Promises that the weights do not change, until <see cref="RequireGrad"/> asks to train them: embedding then keeps copies
    /// of them, as large again, in the order in which the processor reads them fastest.
    /// </summary>
    public void Freeze()
    {
        RequireGrad(false);
        (Text.Frozen, Vision.Frozen) = (true, true);
    }

    /// <summary>Sets whether the model's weights are trained.</summary>
    /// <param name="requiresGrad">True to train them.</param>
    public void RequireGrad(bool requiresGrad)
    {
        if (requiresGrad) (Text.Frozen, Vision.Frozen) = (false, false);
        foreach (var parameter in Parameters) parameter.Values.RequiresGrad = requiresGrad;
    }

    private static void Read(SafeTensorsSet files, NamedParameter parameter, int part)
    {
        string name = parameter.Names[part];
        if (!files.TryGetFile(name, out var file) || !file.TryGetInfo(name, out var info))
            throw new InputException(
                $"{files.Path}: no tensor \"{name}\"; config.json describes a CLIP that has it. Are both files from the same model?");
        long[] expected = [.. parameter.PartShape.Select(size => (long)size)];
        if (!info.Shape.SequenceEqual(expected) && !(parameter.Values.Length == 1 && info.Count == 1))
            throw new InputException($"{file.Path}: tensor \"{name}\" has shape [{string.Join(", ", info.Shape)}], config.json asks for "
                + $"[{string.Join(", ", expected)}]. Are both files from the same model?");
        file.ReadWeights(name, parameter.Part(part));
    }
}
