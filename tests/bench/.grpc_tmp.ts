import net from "node:net"; import {grpcHandler} from "../../workers/deno/grpc_server.ts"; import {ServerConnection} from "../../workers/deno/http2/server_connection.ts";
const g=grpcHandler({messageBytesMax:2e6,methods:new Map([["/etcdserverpb.KV/Put",(b:Uint8Array,reply:any)=>{setImmediate(()=>reply({kind:"message",bytes:new Uint8Array(28)}));return null;}]])});
net.createServer({noDelay:true},(s)=>{s.once("readable",()=>{const c=s.read(); if(!c)return; s.unshift(c); new ServerConnection(s,g)}); s.on("error",()=>{})}).listen(7777,"127.0.0.1");
import { setImmediate } from "node:timers";
