using CsAligner.Data.Packages;
using CsAligner.Studies.Icons;
using CsAligner.Studies.Sessions;
using CsAligner.Tensors;

namespace CsAligner.Studies.Encoders;

/// <summary>The models that verbs know by name: those that ship with csalign, and those that are fetched on their first use. A file or
/// folder of that name goes first.</summary>
internal static class NamedModel
{
    /// <summary>The encoder of images and texts that ships.</summary>
    public const string Clip = "icon-clip";

    /// <summary>The decoder of its image embeddings.</summary>
    public const string Decoder = "icon-decoder";

    /// <summary>The names of encoders.</summary>
    public static IReadOnlyList<string> Encoders { get; } = [Clip, .. PackagedModels.All.Select(model => model.Name)];

    /// <summary>The package that a name means; null if it means none.</summary>
    public static PackagedModel? PackageOf(string model) => Path.Exists(model) ? null : PackagedModels.Find(model);

    /// <summary>The path of a model, which for one that is fetched may not exist yet.</summary>
    public static string PathOf(string model) => PackageOf(model)?.Folder
        ?? (model is Clip or Decoder && !Path.Exists(model) ? Path.Combine(AppContext.BaseDirectory, "models", model) : model);

    /// <summary>The path of a model, fetched if need be.</summary>
    public static string Provide(IStudySession session, string model) => PackageOf(model) is { } package
        ? Synchronously.Run(() => PackagedModels.EnsureAsync(package, new IconDatasetLoader.Lines(session), session.Cancellation))
        : PathOf(model);
}
