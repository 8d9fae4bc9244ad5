namespace CsAligner.Cli;

/// <summary>The model that comes along with csalign, found by its name wherever csalign is installed.</summary>
internal static class ShippedModel
{
    public const string Name = "icon-clip";

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "models", Name);

    /// <summary>What a user means by --model: a folder here of that name comes first.</summary>
    public static string PathOf(string model) => model == Name && !Path.Exists(model) ? Folder : model;
}
