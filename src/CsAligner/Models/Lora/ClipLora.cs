using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Models.Lora;

/// <summary>
/// LoRA in one tower of a CLIP: beside the frozen weights of linear layers, A (random at the start) and B (zero), which train. Files
/// are PEFT's, with its names: adapter_config.json and adapter_model.safetensors.
/// </summary>
public sealed class ClipLora
{
    /// <summary>The settings' file.</summary>
    public const string ConfigFile = "adapter_config.json";

    /// <summary>The weights' file.</summary>
    public const string WeightsFile = "adapter_model.safetensors";

    private const string Prefix = "base_model.model.";

    private readonly ClipModel _model;
    private readonly LoraModule[] _modules;

    private ClipLora(ClipModel model, LoraOptions options, LoraModule[] modules) => (_model, Options, _modules) = (model, options, modules);

    /// <summary>Where it is, and how large.</summary>
    public LoraOptions Options { get; }

    /// <summary>lora_A and lora_B of each module, by their names in the file.</summary>
    public IReadOnlyList<(string Name, Tensor Values)> Tensors =>
        [.. _modules.SelectMany(m => new[] { ($"{Prefix}{m.Name}.lora_A.weight", m.A), ($"{Prefix}{m.Name}.lora_B.weight", m.B) })];

    /// <summary>The number of values that train.</summary>
    public long ParameterCount => Tensors.Sum(t => (long)t.Values.Length);

    /// <summary>Adds LoRA to a model that is frozen from now on; the model gives what it gave before.</summary>
    /// <param name="model">The model.</param>
    /// <param name="options">Where, and how large.</param>
    /// <param name="random">Draws A, uniformly within 1 / sqrt(K), as PEFT does.</param>
    public static ClipLora Attach(ClipModel model, LoraOptions options, RandomGenerator random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return Attach(model, options, (inputs, rank) =>
        {
            var a = new Tensor(rank, inputs);
            foreach (ref float value in a.Span) value = (float)(((2 * random.NextDouble()) - 1) / Math.Sqrt(inputs));
            return a;
        });
    }

    /// <summary>Reads a folder of PEFT's and adds what it holds to the model.</summary>
    /// <param name="model">The model that it was trained on.</param>
    /// <param name="folder">Holds adapter_config.json and adapter_model.safetensors.</param>
    /// <exception cref="InputException">A file is missing or damaged, or does not fit the model.</exception>
    public static ClipLora Load(ClipModel model, string folder)
    {
        var options = LoraConfig.Read(Path.Combine(folder, ConfigFile));
        using var file = SafeTensorsFile.Open(Path.Combine(folder, WeightsFile));
        var lora = Attach(model, options, (inputs, rank) => new Tensor(rank, inputs));
        foreach (var (name, values) in lora.Tensors)
        {
            if (!file.TryGetInfo(name, out var info) || !info.Shape.SequenceEqual(values.Shape.ToArray().Select(size => (long)size)))
                throw new InputException($"{file.Path}: \"{name}\" is missing or not [{string.Join(", ", values.Shape.ToArray())}]; is it LoRA for this model, as {ConfigFile} says?");
            file.ReadValues(name, 0, values.Span);
        }

        string[] known = [.. lora.Tensors.Select(t => t.Name)];
        if (file.Names.FirstOrDefault(name => !known.Contains(name)) is { } other)
            throw new InputException($"{file.Path}: \"{other}\" belongs to no module that {ConfigFile} names; only LoRA in {string.Join(", ", LoraOptions.KnownModules)} can be read");
        return lora;
    }

    /// <summary>Writes PEFT's two files, each atomically.</summary>
    /// <param name="folder">Made if it does not exist.</param>
    /// <param name="baseModel">Where the model came from, for adapter_config.json.</param>
    public void Save(string folder, string baseModel)
    {
        AtomicFile.CreateFolder(folder);
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "pt");
        foreach (var (name, values) in Tensors) writer.Add(name, values);
        writer.Write(Path.Combine(folder, WeightsFile));
        AtomicFile.WriteAllText(Path.Combine(folder, ConfigFile), LoraConfig.ToJson(Options, baseModel));
    }

    /// <summary>Whether A and B train.</summary>
    /// <param name="trainable">False freezes them.</param>
    public void RequireGrad(bool trainable)
    {
        foreach (var (_, values) in Tensors) values.RequiresGrad = trainable;
    }

    /// <summary>Adds it to the model's weights for good; afterwards the model is an ordinary one, and this no longer part of it.</summary>
    public void Merge()
    {
        Detach();
        foreach (var module in _modules) module.Merge();
        _model.Freeze();
    }

    /// <summary>Takes it out of the model, which gives what it gave before.</summary>
    public void Detach()
    {
        foreach (var module in _modules) module.Layer.Lora.Remove(module);
    }

    private static ClipLora Attach(ClipModel model, LoraOptions options, Func<int, int, Tensor> createA)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        model.Freeze();
        var (prefix, blocks) = options.Tower == ClipTower.Text ? ("text_model", model.Text.Blocks) : ("vision_model", model.Vision.Blocks);
        var modules = new List<LoraModule>();
        for (int i = 0; i < blocks.Count; i++)
        {
            foreach (string name in options.Modules)
            {
                var (path, layer, first, outputs) = blocks[i].Linear(name);
                var module = new LoraModule(
                    $"{prefix}.encoder.layers.{i}.{path}", layer, first, createA(layer.Weight.Width, options.Rank), new Tensor(outputs, options.Rank), (float)(options.Alpha / options.Rank));
                layer.Lora.Add(module);
                modules.Add(module);
            }
        }

        return new ClipLora(model, options, [.. modules]);
    }
}
