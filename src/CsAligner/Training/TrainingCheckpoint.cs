using System.Globalization;
using CsAligner.Tensors;
using CsAligner.Tensors.Formats;

namespace CsAligner.Training;

/// <summary>A training run's state in one safetensors file: named tensors, the step, and the run it belongs to.</summary>
internal static class TrainingCheckpoint
{
    private const string StepKey = "step";

    // Measurements during the run: NaN means no value.
    private static readonly string[] Measures = ["history", "progress", "losses"];

    /// <summary>Writes a checkpoint atomically.</summary>
    public static void Save(string path, RunIdentity run, long step, IEnumerable<(string Name, Tensor Values)> state)
    {
        var writer = new SafeTensorsWriter();
        foreach (var (name, value) in run.Parts) writer.SetMetadata(name, value);
        writer.SetMetadata(StepKey, step.ToString(CultureInfo.InvariantCulture));
        WrittenBy.SetMetadata(writer);
        foreach (var (name, values) in state) writer.Add(name, values);
        writer.Write(path);
    }

    /// <summary>Reads a checkpoint into the tensors of a run of the same identity; returns the step.</summary>
    /// <exception cref="InputException">The file is damaged, or was written with other options or data: it says which.</exception>
    public static long Restore(string path, RunIdentity run, IEnumerable<(string Name, Tensor Values)> state)
    {
        using var file = SafeTensorsFile.Open(path);
        string[] others = [.. run.Parts.Where(p => file.Metadata.GetValueOrDefault(p.Name) != p.Value).Select(p => p.Name)];
        if (others.Length > 0)
            throw new InputException($"{path}: this checkpoint was written with other {string.Join(" and other ", others)}; resume with "
                + $"the same {(others[0] == RunIdentity.Options ? "recipe and seed" : "data")}, or start again in another folder.");
        if (!file.Metadata.TryGetValue(StepKey, out string? text)
            || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long step))
            throw new InputException($"{path}: the checkpoint has no step; start again in another folder.");
        foreach (var (name, values) in state)
        {
            if (!file.TryGetInfo(name, out var info) || info.Count != values.Length)
                throw new InputException(
                    $"{path}: the checkpoint lacks \"{name}\" or has it with another size; start again in another folder.");
            if (Measures.Contains(name)) file.ReadValues(name, 0, values.Span);
            else file.ReadWeights(name, values.Span);
        }

        return step;
    }
}
