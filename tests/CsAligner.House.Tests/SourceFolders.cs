using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CsAligner.House.Tests;

/// <summary>Which folders of a project use which others, read from its sources by the compiler.</summary>
internal sealed class SourceFolders
{
    // What the SDK adds to every project (ImplicitUsings).
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private readonly string _root;
    private readonly Dictionary<(string From, string To), SortedSet<string>> _uses = [];

    private SourceFolders(string root) => _root = root;

    /// <summary>How many names lead to a declaration of the project.</summary>
    public int Names { get; private set; }

    /// <summary>For each folder that uses another: by what, as "File.cs uses Name".</summary>
    public IReadOnlyDictionary<(string From, string To), SortedSet<string>> Uses => _uses;

    /// <summary>The C# files under a folder, without what builds leave there.</summary>
    public static IEnumerable<string> Sources(string root) => Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
        .Where(path => !Path.GetRelativePath(root, path).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
        .Order(StringComparer.Ordinal);

    /// <summary>Compiles sources and follows every name in them to the folder that declares it.</summary>
    /// <param name="root">The project's folder.</param>
    /// <param name="assembly">The name of its assembly: to it others may show their internals.</param>
    public static SourceFolders Read(string root, string assembly)
    {
        var options = CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Preview);
        SyntaxTree[] trees = [.. Sources(root).Select(path => CSharpSyntaxTree.ParseText(File.ReadAllText(path), options, path))];
        var libraries = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) != assembly)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            assembly,
            [.. trees, CSharpSyntaxTree.ParseText(ImplicitUsings, options)],
            libraries,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        var folders = new SourceFolders(Path.GetFullPath(root));
        foreach (SyntaxTree tree in trees) folders.Follow(tree, compilation.GetSemanticModel(tree));
        return folders;
    }

    /// <summary>Folders that reach each other both ways, in groups of two and more.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Cycles()
    {
        string[] all = [.. _uses.Keys.SelectMany(use => new[] { use.From, use.To }).Distinct().Order(StringComparer.Ordinal)];
        var reach = all.ToDictionary(folder => folder, Reachable);
        return [.. all.Where(folder => reach[folder].Contains(folder))
            .GroupBy(folder => string.Join('\n', all.Where(other => reach[folder].Contains(other) && reach[other].Contains(folder))))
            .Select(group => group.ToArray())];
    }

    private HashSet<string> Reachable(string folder)
    {
        var reached = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>([folder]);
        while (open.TryPop(out string? next))
        {
            foreach (string to in _uses.Keys.Where(use => use.From == next).Select(use => use.To))
                if (reached.Add(to)) open.Push(to);
        }

        return reached;
    }

    private void Follow(SyntaxTree tree, SemanticModel model)
    {
        string from = FolderOf(tree.FilePath);
        foreach (SimpleNameSyntax name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
        {
            ISymbol? symbol = model.GetSymbolInfo(name).Symbol;
            symbol = symbol is IMethodSymbol { ReducedFrom: { } extension } ? extension : symbol;
            if (symbol is null or INamespaceSymbol or ILocalSymbol or IParameterSymbol or IRangeVariableSymbol or ITypeParameterSymbol)
                continue;
            foreach (var declaration in symbol.OriginalDefinition.DeclaringSyntaxReferences)
            {
                Names++;
                string to = FolderOf(declaration.SyntaxTree.FilePath);
                if (to == from) continue;
                if (!_uses.TryGetValue((from, to), out var by)) _uses.Add((from, to), by = new(StringComparer.Ordinal));
                by.Add($"{Path.GetFileName(tree.FilePath)} uses {symbol.Name}");
            }
        }
    }

    private string FolderOf(string path) => Path.GetRelativePath(_root, Path.GetDirectoryName(path)!).Replace('\\', '/');
}
