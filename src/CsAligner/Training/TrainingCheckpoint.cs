using System.Globalization;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>A training run's state in one safetensors file: named tensors, the step, and the options it belongs to.</summary>
internal static class TrainingCheckpoint
{
    private const string StepKey = "step";
    private const string OptionsKey = "options";

    // What was measured on the way: NaN is what had no value.
    private static readonly string[] Measures = ["history", "progress", "losses"];

    /// <summary>Writes a checkpoint atomically.</summary>
    public static void Save(string path, string options, long step, IEnumerable<(string Name, Tensor Values)> state)
    {
        var writer = new SafeTensorsWriter();
        writer.SetMetadata(OptionsKey, options);
        writer.SetMetadata(StepKey, step.ToString(CultureInfo.InvariantCulture));
        WrittenBy.SetMetadata(writer);
        foreach (var (name, values) in state) writer.Add(name, values);
        writer.Write(path);
    }

    /// <summary>Reads a checkpoint into the tensors of a run with the same options; returns the step.</summary>
    /// <exception cref="InputException">The file is damaged, or was written with other options.</exception>
    public static long Restore(string path, string options, IEnumerable<(string Name, Tensor Values)> state)
    {
        using var file = SafeTensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(OptionsKey, out string? written) || written != options)
            throw new InputException($"{path}: this checkpoint was written with other options; resume with the same recipe and seed, or "
                + "start afresh in another folder.");
        if (!file.Metadata.TryGetValue(StepKey, out string? text)
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long step))
            throw new InputException($"{path}: the checkpoint does not say its step; start afresh in another folder.");
        foreach (var (name, values) in state)
        {
            if (!file.TryGetInfo(name, out var info) || info.Count != values.Length)
                throw new InputException(
                    $"{path}: the checkpoint lacks \"{name}\" or has it in another size; start afresh in another folder.");
            if (Measures.Contains(name)) file.ReadValues(name, 0, values.Span);
            else file.ReadWeights(name, values.Span);
        }

        return step;
    }
}
