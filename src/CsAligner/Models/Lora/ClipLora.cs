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

    private ClipLora(ClipModel model, LoraOptions? options, LoraModule[] modules) =>
        (_model, Options, _modules) = (model, options, modules);

    /// <summary>The modules and the rank; null for a file whose modules differ in these.</summary>
    public LoraOptions? Options { get; }

    /// <summary>lora_A and lora_B of each module, by their names in the file.</summary>
    public IReadOnlyList<(string Name, Tensor Values)> Tensors =>
        [.. _modules.SelectMany(m => new[] { (NameOf(m.Name, "A"), m.A), (NameOf(m.Name, "B"), m.B) })];

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

    /// <summary>Reads a folder of PEFT's and adds what it holds to the model, as PEFT does: by names, expressions,
    /// patterns and layers.</summary>
    /// <param name="model">The model that it was trained on.</param>
    /// <param name="folder">Holds adapter_config.json and adapter_model.safetensors.</param>
    /// <exception cref="InputException">A file is missing or damaged, does not fit the model,
    /// or asks for something that is not supported.</exception>
    public static ClipLora Load(ClipModel model, string folder)
    {
        ArgumentNullException.ThrowIfNull(model);
        var config = LoraConfig.Read(Path.Combine(folder, ConfigFile));
        using var file = SafeTensorsFile.Open(Path.Combine(folder, WeightsFile));
        ClipModule[] targets = [.. ClipModule.Of(model).Where(module => config.Targets(module.Name, module.Layer is not null))];
        if (targets.Length == 0)
            throw new InputException(
                $"{Path.Combine(folder, ConfigFile)}: target_modules names no module of this model; the linear layers are "
                + $"{string.Join(", ", LoraOptions.KnownModules)}, text_projection and visual_projection");
        if (targets.FirstOrDefault(module => module.Layer is null) is { } other)
            throw new InputException(
                $"{Path.Combine(folder, ConfigFile)}: target_modules names {other.Name}, which is not a linear layer; LoRA is supported "
                + "in linear layers alone");

        // LoRA trained on one tower has no tensors for the other, although the names match there too.
        var towers = targets.GroupBy(module => module.Tower).ToList();
        var present = towers.Where(tower => tower.Any(module => file.Contains(NameOf(module.Name, "A"))));
        targets = [.. present.DefaultIfEmpty(towers[0]).SelectMany(tower => tower)];
        LoraModule[] modules = [.. targets.Select(module => Read(file, module, config.Of(module.Name)))];
        string[] known = [.. modules.SelectMany(module => new[] { NameOf(module.Name, "A"), NameOf(module.Name, "B") })];
        if (file.Names.Except(known).FirstOrDefault() is { } unknown)
            throw new InputException(
                $"{file.Path}: \"{unknown}\" belongs to no module that {ConfigFile} names; only LoRA in linear layers of a CLIP can be "
                + "read");
        model.Freeze();
        foreach (var module in modules) module.Layer.Additions.Add(module);
        return new ClipLora(model, Common(model, targets, modules), modules);
    }

    /// <summary>Writes PEFT's two files, each atomically.</summary>
    /// <param name="folder">Made if it does not exist.</param>
    /// <param name="baseModel">Where the model came from, for adapter_config.json.</param>
    public void Save(string folder, string baseModel)
    {
        AtomicFile.CreateFolder(folder);
        var writer = new SafeTensorsWriter();
        writer.SetMetadata("format", "pt");
        WrittenBy.SetMetadata(writer);
        foreach (var (name, values) in Tensors) writer.Add(name, values);
        writer.Write(Path.Combine(folder, WeightsFile));
        AtomicFile.WriteAllText(Path.Combine(folder, ConfigFile),
            Options is null ? LoraConfig.ToJson(_modules, baseModel) : LoraConfig.ToJson(Options, baseModel));
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
        foreach (var module in _modules) module.Layer.Additions.Remove(module);
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
                    $"{prefix}.encoder.layers.{i}.{path}", layer, first, createA(layer.Weight.Width, options.Rank),
                    new Tensor(outputs, options.Rank), options.Alpha);
                layer.Additions.Add(module);
                modules.Add(module);
            }
        }

        return new ClipLora(model, options, [.. modules]);
    }

    private static string NameOf(string module, string part) => $"{Prefix}{module}.lora_{part}.weight";

    private static LoraModule Read(SafeTensorsFile file, ClipModule module, (int Rank, double Alpha) size)
    {
        var layer = module.Layer!;
        return new LoraModule(module.Name, layer, module.First, Values("A", size.Rank, layer.Weight.Width),
            Values("B", module.Outputs, size.Rank), size.Alpha);

        Tensor Values(string part, int rows, int width)
        {
            string name = NameOf(module.Name, part);
            if (!file.TryGetInfo(name, out var info) || !info.Shape.SequenceEqual([rows, width]))
                throw new InputException(
                    $"{file.Path}: \"{name}\" is missing or not [{rows}, {width}]; is it LoRA for this model, as {ConfigFile} says?");
            return file.ReadWeights(name);
        }
    }

    // One tower, the same layers of each block, one rank, one alpha: what can be said in a line.
    private static LoraOptions? Common(ClipModel model, ClipModule[] targets, LoraModule[] modules)
    {
        var (tower, rank, alpha) = (targets[0].Tower, modules[0].Rank, modules[0].Alpha);
        string[] names = [.. targets.Select(module => module.Name[(module.Name.LastIndexOf('.') + 1)..]).Distinct()];
        var options = new LoraOptions { Tower = tower, Rank = rank, Alpha = alpha, Modules = names };
        int blocks = tower == ClipTower.Text ? model.Text.Blocks.Count : model.Vision.Blocks.Count;
        bool isCommon = alpha > 0 && targets.All(module => module.Tower == tower)
            && modules.All(module => module.Rank == rank && module.Alpha == alpha)
            && names.All(LoraOptions.KnownModules.Contains) && modules.Length == blocks * names.Length;
        return isCommon ? options : null;
    }
}
